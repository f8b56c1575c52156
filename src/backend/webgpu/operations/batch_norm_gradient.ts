/**
 * The gradients of training-mode batch norm, whose statistics depend on its input.
 *
 * @module
 */
import type { BatchShape } from "../../operations/convolution_shape.ts";
import { floats, input, type Kernel, type Lowered, output, scratch } from "../program/kernel.ts";
import {
  chunkText,
  inverseDeviation,
  lanesFor,
  overPixels,
  overRows,
  THREADS,
  tileImages,
  type Tiling,
} from "./channels.ts";
import { indent, reads, workgroupKernel, writes } from "./shader.ts";

/** What the gradient follows and gives. */
export interface BatchNormGradientOptions {
  readonly epsilon: number;
  /** Whether `dy` counts only where the result `y`, one more input, is positive. */
  readonly masked: boolean;
  /** Whether the gradient of what was added is one more output: the `dy` that counts. */
  readonly add: boolean;
}

/** Channels of a workgroup that joins chunks: few, so that there are many such workgroups. */
const FINISH_CHANNELS = 16;

/**
 * Inputs `dy`, `x` `[N,H,W,C]`, mean and variance `[G,C]`, `gamma` `[C]`, and `y` if masked; outputs `dx`, `dGamma`,
 * `dBeta` `[C]`, and `dAdd` if something was added. In every group,
 * `dx = γ/σ · (g − mean(g) − x̂ · mean(g · x̂))` with `g` the `dy` that counts, `x̂ = (x − mean)/σ`; `dγ = Σ g · x̂` and
 * `dβ = Σ g` over all groups in order.
 *
 * @throws {RangeError} if the groups are not all the images
 */
export function batchNormGradient(
  shape: BatchShape,
  groups: readonly number[],
  options: BatchNormGradientOptions,
): Lowered {
  const tiling = tileImages(shape, groups), channels = shape[3];
  const name = `batchNormGradient [${shape}]${options.masked ? " masked" : ""}`;
  const y = options.masked ? [input(5)] : [];
  const [dy, x, mean, variance, gamma] = [input(0), input(1), input(2), input(3), input(4)];
  const [partials, coefficients] = [scratch(0), scratch(1)];
  return {
    scratch: [floats(2 * tiling.chunks * channels), floats(3 * groups.length * channels)],
    dispatches: [
      {
        kernel: chunkSums(`${name} sums`, tiling, options),
        operands: [dy, x, mean, ...y, partials],
      },
      {
        kernel: finish(`${name} finish`, tiling, options),
        operands: [partials, variance, gamma, output(1), output(2), coefficients],
      },
      {
        kernel: apply(`${name} apply${options.add ? " add" : ""}`, tiling, options),
        operands: [
          ...[dy, x, mean, ...y, coefficients, output(0)],
          ...options.add ? [output(3)] : [],
        ],
      },
    ],
  };
}

/** WGSL of the `dy` that counts at `at`. */
function counting({ type }: Tiling, { masked }: BatchNormGradientOptions): string {
  return masked ? `select(${type}(), dy[at], y[at] > ${type}())` : "dy[at]";
}

/** The inputs that the passes over the images share. */
function images({ type }: Tiling, { masked }: BatchNormGradientOptions) {
  return reads(type, "dy", "x", "mean", ...masked ? ["y"] : []);
}

/** Bytes of one tensor of the images' shape. */
function imageBytes({ pixels, units, width }: Tiling): number {
  return 4 * pixels * units * width;
}

/** `Σ g` and `Σ g · (x − mean)` of a thread, a chunk or a group, joined over the rows of threads. */
function sumsText({ type }: Tiling): string {
  return `struct Sums { slope: ${type}, product: ${type} }

var<workgroup> sums: array<Sums, ${THREADS}>;`;
}

const JOIN = `sums[lane].slope += sums[other].slope;
    sums[lane].product += sums[other].product;`;

/** The sums of every chunk, `[chunks,2,C]`. */
function chunkSums(name: string, tiling: Tiling, options: BatchNormGradientOptions): Kernel {
  const { type, width, units, lanes, chunks } = tiling;
  const bytes = imageBytes(tiling);
  return workgroupKernel({
    name,
    bindings: [...images(tiling, options), ...writes(type, "partials")],
    workgroups: tiling.workgroups,
    threads: THREADS,
    declarations: `${tiling.declarations}\n\n${sumsText(tiling)}`,
    body: `${chunkText(tiling)}
let centre = mean[group_index * ${units}u + unit];
var sum = Sums();
${
      overPixels(
        tiling,
        4,
        `let g = ${
          counting(tiling, options)
        }; sum.slope += g; sum.product += g * (x[at] - centre);`,
      )
    }
sums[lane] = sum;
${overRows(lanes, JOIN)}
if (lane < ${lanes.across}u && inside) {
  partials[2u * chunk * ${units}u + unit] = sums[lane].slope;
  partials[(2u * chunk + 1u) * ${units}u + unit] = sums[lane].product;
}`,
    cost: {
      flops: bytes,
      bytesRead: bytes * (options.masked ? 3 : 2),
      bytesWritten: 8 * chunks * units * width,
      workgroupMemory: 8 * width * THREADS,
    },
  });
}

/** `dGamma`, `dBeta` and, for every group, `[3,G,C]`: the scale of `dx`, and what is subtracted from `g`, see apply(). */
function finish(name: string, tiling: Tiling, { epsilon }: BatchNormGradientOptions): Kernel {
  const { type, width, units, groups, chunks } = tiling;
  const lanes = lanesFor(tiling, FINISH_CHANNELS);
  return workgroupKernel({
    name,
    bindings: [
      ...reads(type, "partials", "variance", "gamma"),
      ...writes(type, "dGamma", "dBeta", "coefficients"),
    ],
    workgroups: lanes.blocks,
    threads: THREADS,
    declarations: `${tiling.declarations}\n\n${sumsText(tiling)}`,
    body: `let channel = workgroup * ${lanes.across}u + lane % ${lanes.across}u;
let unit = min(channel, ${units - 1}u);
let stores = lane < ${lanes.across}u && channel < ${units}u;
var total = Sums();
for (var group_index = 0u; group_index < ${groups}u; group_index++) {
  var sum = Sums();
  var chunk = first_chunk[group_index] + lane / ${lanes.across}u;
  for (; chunk < first_chunk[group_index + 1u]; chunk += ${lanes.down}u) {
    sum.slope += partials[2u * chunk * ${units}u + unit];
    sum.product += partials[(2u * chunk + 1u) * ${units}u + unit];
  }
  sums[lane] = sum;
${indent(overRows(lanes, JOIN))}
  if (stores) {
    let at = group_index * ${units}u + unit;
    let count = f32(first_pixel[group_index + 1u] - first_pixel[group_index]);
    let inverse = ${inverseDeviation("variance[at]", epsilon)};
    let normalised = sums[lane].product * inverse;
    total.slope += sums[lane].slope;
    total.product += normalised;
    coefficients[at] = gamma[unit] * inverse;
    coefficients[at + ${groups * units}u] = sums[lane].slope / count;
    coefficients[at + ${2 * groups * units}u] = normalised * inverse / count;
  }
}
if (stores) {
  dGamma[unit] = total.product;
  dBeta[unit] = total.slope;
}`,
    cost: {
      flops: (2 * chunks + 9 * groups) * units * width,
      bytesRead: 8 * (chunks + groups) * units * width,
      bytesWritten: 4 * (2 + 3 * groups) * units * width,
      workgroupMemory: 8 * width * THREADS,
    },
  });
}

/** `dx = scale · (g − mean(g) − (x − mean) · slope)`, and `g` itself for what was added. */
function apply(name: string, tiling: Tiling, options: BatchNormGradientOptions): Kernel {
  const { type, width, units, groups, workgroups } = tiling;
  const bytes = imageBytes(tiling), { masked, add } = options;
  return workgroupKernel({
    name,
    bindings: [
      ...images(tiling, options),
      ...reads(type, "coefficients"),
      ...writes(type, "dx", ...add ? ["dAdd"] : []),
    ],
    workgroups,
    threads: THREADS,
    declarations: tiling.declarations,
    body: `${chunkText(tiling)}
let place = group_index * ${units}u + unit;
let centre = mean[place];
let scale = coefficients[place];
let average = coefficients[place + ${groups * units}u];
let slope = coefficients[place + ${2 * groups * units}u];
${
      overPixels(
        tiling,
        4,
        `let g = ${counting(tiling, options)}; ` +
          `dx[at] = scale * (g - average - (x[at] - centre) * slope);${
            add ? " dAdd[at] = g;" : ""
          }`,
      )
    }`,
    cost: {
      flops: 5 * bytes / 4,
      bytesRead: bytes * (masked ? 3 : 2) + 16 * THREADS * width * workgroups,
      bytesWritten: bytes * (add ? 2 : 1),
      workgroupMemory: 0,
    },
  });
}
