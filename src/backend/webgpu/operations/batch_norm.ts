/**
 * Normalisation by a batch's statistics, the running ones that are made of them, and filters that absorb those.
 *
 * @module
 */
import { unbiasing } from "../../operations/batch_norm.ts";
import type { BatchShape } from "../../operations/convolution_shape.ts";
import { type Lowered, single } from "../program/kernel.ts";
import {
  channelVectors,
  chunkText,
  inverseDeviation,
  overPixels,
  THREADS,
  tileImages,
} from "./channels.ts";
import { reads, real, rectified, sizeOf, threadKernel, workgroupKernel, writes } from "./shader.ts";

/** What follows the normalisation. */
export interface BatchNormOptions {
  readonly epsilon: number;
  /** Whether negative results become zero, last of all. */
  readonly relu: boolean;
  /** Whether something is added: one more input. */
  readonly add: boolean;
}

/**
 * Inputs `x` `[N,H,W,C]`, mean and variance `[G,C]`, `gamma` and `beta` `[C]`, what is added, `[N,H,W,C]`; output
 * `(x − mean) γ/√(variance + ε) + β`, plus that, rectified. Group `g` of the images has `groups[g]` of them, in order.
 *
 * @throws {RangeError} if the groups are not all the images
 */
export function batchNormApply(
  shape: BatchShape,
  groups: readonly number[],
  { epsilon, relu, add }: BatchNormOptions,
): Lowered {
  const tiling = tileImages(shape, groups), { type, units, workgroups } = tiling;
  const inputs = ["x", "mean", "variance", "gamma", "beta", ...add ? ["add"] : []];
  const sum = `(x[at] - centre) * scale + shift${add ? " + add[at]" : ""}`;
  const bytes = 4 * sizeOf(shape);
  const kernel = workgroupKernel({
    name: `batchNormApply [${shape}]${add ? " add" : ""}${relu ? " relu" : ""}`,
    bindings: [...reads(type, ...inputs), ...writes(type, "y")],
    workgroups,
    threads: THREADS,
    declarations: tiling.declarations,
    body: `${chunkText(tiling)}
let centre = mean[group_index * ${units}u + unit];
let scale = gamma[unit] * ${inverseDeviation(`variance[group_index * ${units}u + unit]`, epsilon)};
let shift = beta[unit];
${
      overPixels(
        tiling,
        4,
        `let value = ${sum}; y[at] = ${relu ? rectified("value", type) : "value"};`,
      )
    }`,
    cost: {
      flops: sizeOf(shape) * (3 + Number(add) + Number(relu)),
      bytesRead: bytes * (add ? 2 : 1) + 16 * THREADS * tiling.width * workgroups,
      bytesWritten: bytes,
      workgroupMemory: 0,
    },
  });
  return single(kernel, inputs.length, 1);
}

/**
 * Inputs running mean and variance `[C]`, mean and biased variance `[G,C]`; outputs the new running mean and variance,
 * in memory of their own. The groups, of `counts` pixels each, are folded in one after the other:
 * `r ← (1 − momentum) r + momentum s`, where the variance `s` is unbiased.
 */
export function runningStatistics(
  channels: number,
  counts: readonly number[],
  momentum: number,
): Lowered {
  const [old, recent] = [real(1 - momentum), real(momentum)];
  const steps = counts.flatMap((count, group) => {
    const at = `i + ${group * channels}u`, unbiased = real(unbiasing(count));
    return [
      `centre = ${old} * centre + ${recent} * mean[${at}];`,
      `spread = ${old} * spread + ${recent} * (variance[${at}] * ${unbiased});`,
    ];
  });
  const kernel = threadKernel({
    name: `runningStatistics ${channels}`,
    bindings: [
      ...reads("f32", "running_mean", "running_variance", "mean", "variance"),
      ...writes("f32", "new_mean", "new_variance"),
    ],
    count: channels,
    body: `var centre = running_mean[i];
var spread = running_variance[i];
${steps.join("\n")}
new_mean[i] = centre;
new_variance[i] = spread;`,
    flops: 7 * counts.length,
    bytesRead: 8 * (counts.length + 1),
    bytesWritten: 8,
  });
  return single(kernel, 4, 2);
}

/**
 * Inputs a filter `[k,k,in,out]`, `gamma`, `beta`, mean and variance `[out]`; outputs the filter times
 * `γ/√(variance + ε)` and the bias `β − mean γ/√(variance + ε)`: a convolution by these is normalised.
 */
export function foldBatchNorm(
  shape: readonly [number, number, number, number],
  epsilon: number,
): Lowered {
  const { type, width, units } = channelVectors(shape[3]);
  const kernel = threadKernel({
    name: `foldBatchNorm [${shape}]`,
    bindings: [
      ...reads(type, "filter_values", "gamma", "beta", "mean", "variance"),
      ...writes(type, "folded", "bias"),
    ],
    count: sizeOf(shape) / width,
    body: `let unit = i % ${units}u;
let scale = gamma[unit] * ${inverseDeviation("variance[unit]", epsilon)};
folded[i] = filter_values[i] * scale;
if (i < ${units}u) { bias[i] = beta[i] - mean[i] * scale; }`,
    flops: 4 * width,
    bytesRead: 12 * width,
    bytesWritten: 4 * width,
  });
  return single(kernel, 5, 2);
}
