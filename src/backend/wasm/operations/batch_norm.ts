/**
 * Batch normalisation by the engine's kernels: sums in float64 per eight examples of a group, added in order, so that the
 * threads never change a bit. What is per channel alone is computed here.
 *
 * @module
 */
import { type NamedAttrMap, type TensorInfo, util } from "@tensorflow/tfjs";
import {
  BATCH_NORM_APPLY,
  BATCH_NORM_GRADIENT,
  BATCH_NORM_STATISTICS,
  type BatchNormAttributes,
  type BatchNormGradientAttributes,
  FOLD_BATCH_NORM,
  type GroupAttributes,
  RUNNING_STATISTICS,
  type RunningAttributes,
  unbiasing,
} from "../../operations/batch_norm.ts";
import { type Phase, phase } from "../phases.ts";
import type { Inputs, KernelTable } from "./registration.ts";
import type { TensorEngine } from "../tensors.ts";

/** Examples per partial sum. */
const EXAMPLES_PER_SUM = 8;
/** Values that make a slice of the elementwise passes. */
const SLICE_VALUES = 65_536;
/** Values per slice of a scaled filter. */
const SCALE_SLICE = 16_384;

/** How `x` `[N,H,W,C]` of `groups` is cut: into slices for the sums, into passes of `examples` for the rest. */
function sizes({ shape }: TensorInfo, groups: readonly number[]) {
  const [, height, width, channels] = shape as [number, number, number, number];
  const rows = height * width;
  const examples = Math.max(1, Math.floor(SLICE_VALUES / (rows * channels)));
  const cut = (size: number) => groups.reduce((sum, n) => sum + Math.ceil(n / size), 0);
  return { rows, channels, slices: cut(EXAMPLES_PER_SUM), examples, passes: cut(examples) };
}

/** Runs `phases` with a block for the partial sums, two float64 per slice and channel. */
function withSums(
  engine: TensorEngine,
  { slices, channels }: ReturnType<typeof sizes>,
  phases: (sums: number) => Phase[],
): void {
  engine.temporarily(16 * slices * channels, (sums) => engine.crew.run(phases(sums)));
}

function statistics(
  engine: TensorEngine,
  { x }: Inputs,
  attributes: NamedAttrMap,
): TensorInfo[] {
  const { groups } = attributes as GroupAttributes;
  const cut = sizes(x!, groups), { rows, channels, slices } = cut;
  const source = engine.address(x!);
  const mean = engine.allocate([groups.length, channels]);
  const variance = engine.allocate([groups.length, channels]);
  const results = [engine.address(mean), engine.address(variance)];
  withSums(engine, cut, (sums) => [
    phase(slices, "batchNormStatistics", [source, sums, rows, channels, ...groups]),
    phase(1, "batchNormFinish", [sums, ...results, rows, channels, groups.length, ...groups]),
  ]);
  return [mean, variance];
}

function apply(engine: TensorEngine, inputs: Inputs, attributes: NamedAttrMap): TensorInfo {
  const { x, mean, variance, gamma, beta, add } = inputs;
  const { epsilon, relu, groups } = attributes as BatchNormAttributes;
  const { rows, channels, examples, passes } = sizes(x!, groups);
  const sources = [x, mean, variance, gamma, beta].map((tensor) => engine.address(tensor!));
  const added = add ? engine.address(add) : 0;
  const y = engine.allocate(x!.shape);
  engine.crew.run([
    phase(passes, "batchNormApply", [
      ...[...sources, added, relu, engine.address(y), rows, channels, { real: epsilon }],
      ...[examples, ...groups],
    ]),
  ]);
  return y;
}

function gradient(engine: TensorEngine, inputs: Inputs, attributes: NamedAttrMap): TensorInfo[] {
  const { dy, x, mean, variance, gamma, y } = inputs;
  const { epsilon, add, groups } = attributes as BatchNormGradientAttributes;
  const cut = sizes(x!, groups), { rows, channels, slices, examples, passes } = cut;
  const out = y ? engine.address(y) : 0;
  const [slope, source, centre, spread, scale] = [dy, x, mean, variance, gamma]
    .map((tensor) => engine.address(tensor!)) as [number, number, number, number, number];
  const dx = engine.allocate(x!.shape);
  const dGamma = engine.allocate([channels]), dBeta = engine.allocate([channels]);
  const coefficients = engine.allocate([groups.length, 3, channels]);
  const dAdd = add ? engine.allocate(x!.shape) : undefined;
  const [toX, toGamma, toBeta, toCoefficients] = [dx, dGamma, dBeta, coefficients]
    .map((tensor) => engine.address(tensor)) as [number, number, number, number];
  const toAdd = dAdd ? engine.address(dAdd) : 0;
  withSums(engine, cut, (sums) => [
    phase(slices, "batchNormGradientSums", [
      ...[slope, source, out, centre, sums, rows, channels, ...groups],
    ]),
    phase(1, "batchNormGradientFinish", [
      ...[sums, spread, scale, toGamma, toBeta, toCoefficients, rows, channels],
      ...[{ real: epsilon }, groups.length, ...groups],
    ]),
    phase(passes, "batchNormGradientApply", [
      ...[slope, source, out, centre, toCoefficients, toX, toAdd, rows, channels, examples],
      ...groups,
    ]),
  ]);
  engine.disposeData(coefficients.dataId);
  return dAdd ? [dx, dGamma, dBeta, dAdd] : [dx, dGamma, dBeta];
}

function runningStatistics(
  engine: TensorEngine,
  inputs: Inputs,
  attributes: NamedAttrMap,
): TensorInfo[] {
  const { runningMean, runningVariance, mean, variance } = inputs;
  const { momentum, counts } = attributes as RunningAttributes;
  const fold = (running: TensorInfo, batches: TensorInfo, factors: readonly number[]) => {
    const updated = engine.allocate(running.shape);
    const [before, groups, result] = engine.floats(running, batches, updated);
    before!.forEach((value, c) => {
      result![c] = factors.reduce(
        (mean, factor, g) =>
          (1 - momentum) * mean + momentum * factor * groups![g * before!.length + c]!,
        value,
      );
    });
    return updated;
  };
  return [
    fold(runningMean!, mean!, counts.map(() => 1)),
    fold(runningVariance!, variance!, counts.map(unbiasing)),
  ];
}

function fold(
  engine: TensorEngine,
  { filter, gamma, beta, mean, variance }: Inputs,
  attributes: NamedAttrMap,
): TensorInfo[] {
  const { epsilon } = attributes as { epsilon: number };
  const size = util.sizeFromShape(filter!.shape);
  const source = engine.address(filter!);
  const [scale, bias] = [engine.allocate(gamma!.shape), engine.allocate(gamma!.shape)];
  const folded = engine.allocate(filter!.shape);
  const [gammas, betas, means, variances] = engine.floats(gamma!, beta!, mean!, variance!);
  const [scales, biases] = engine.floats(scale, bias);
  gammas!.forEach((value, c) => {
    scales![c] = value / Math.sqrt(variances![c]! + epsilon);
    biases![c] = betas![c]! - means![c]! * scales![c]!;
  });
  engine.crew.run([
    phase(Math.ceil(size / SCALE_SLICE), "multiplyColumns", [
      ...[source, engine.address(scale), engine.address(folded), size, gammas!.length],
    ]),
  ]);
  engine.disposeData(scale.dataId);
  return [folded, bias];
}

/** Batch norm. */
export const batchNormKernels: KernelTable = {
  [BATCH_NORM_STATISTICS]: statistics,
  [BATCH_NORM_APPLY]: apply,
  [BATCH_NORM_GRADIENT]: gradient,
  [RUNNING_STATISTICS]: runningStatistics,
  [FOLD_BATCH_NORM]: fold,
};
