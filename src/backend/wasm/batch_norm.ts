/**
 * Batch normalisation by the engine's kernels: sums in float64 per eight examples, added in order, so that the threads
 * never change a bit.
 *
 * @module
 */
import type { NamedAttrMap, TensorInfo } from "@tensorflow/tfjs";
import { BATCH_NORM_APPLY, BATCH_NORM_GRADIENT, BATCH_NORM_STATISTICS } from "../batch_norm.ts";
import { type Phase, phase } from "./program.ts";
import type { KernelTable } from "./registration.ts";
import type { TensorEngine } from "./tensors.ts";

type Inputs = Record<string, TensorInfo>;

/** Examples per partial sum. */
const EXAMPLES_PER_SUM = 8;
/** Values that make a slice of the elementwise passes. */
const SLICE_VALUES = 65_536;

/** How `x` `[N,H,W,C]` is cut. */
function sizes({ shape }: TensorInfo) {
  const [n, height, width, channels] = shape as [number, number, number, number];
  const rows = height * width;
  const examples = Math.max(1, Math.floor(SLICE_VALUES / (rows * channels)));
  const slices = Math.ceil(n / EXAMPLES_PER_SUM);
  return { n, rows, channels, count: n * rows, slices, examples, passes: Math.ceil(n / examples) };
}

/** Runs `phases` with a block for the partial sums, two float64 per slice and channel. */
function withSums(engine: TensorEngine, x: TensorInfo, phases: (sums: number) => Phase[]): void {
  const { slices, channels } = sizes(x);
  engine.temporarily(16 * slices * channels, (sums) => engine.crew.run(phases(sums)));
}

function statistics(engine: TensorEngine, { x }: Inputs): TensorInfo[] {
  const { n, rows, channels, count, slices } = sizes(x!);
  const source = engine.address(x!);
  const mean = engine.allocate([channels]), variance = engine.allocate([channels]);
  const results = [engine.address(mean), engine.address(variance)];
  withSums(engine, x!, (sums) => [
    phase(slices, "batchNormStatistics", [source, sums, n, rows, channels]),
    phase(1, "batchNormFinish", [sums, slices, count, channels, ...results]),
  ]);
  return [mean, variance];
}

function apply(engine: TensorEngine, inputs: Inputs, attributes: NamedAttrMap): TensorInfo {
  const { x, mean, variance, gamma, beta, add } = inputs;
  const { epsilon, relu } = attributes as { epsilon: number; relu: boolean };
  const { n, rows, channels, examples, passes } = sizes(x!);
  const sources = [x, mean, variance, gamma, beta].map((tensor) => engine.address(tensor!));
  const added = add ? engine.address(add) : 0;
  const y = engine.allocate(x!.shape);
  engine.crew.run([
    phase(passes, "batchNormApply", [
      ...[...sources, added, relu, engine.address(y), n, rows, channels, { real: epsilon }],
      examples,
    ]),
  ]);
  return y;
}

function gradient(engine: TensorEngine, inputs: Inputs, attributes: NamedAttrMap): TensorInfo[] {
  const { dy, x, mean, variance, gamma, y } = inputs;
  const { epsilon, add } = attributes as { epsilon: number; add: boolean };
  const { n, rows, channels, count, slices, examples, passes } = sizes(x!);
  const out = y ? engine.address(y) : 0;
  const [slope, source, centre, spread, scale] = [dy, x, mean, variance, gamma]
    .map((tensor) => engine.address(tensor!)) as [number, number, number, number, number];
  const dx = engine.allocate(x!.shape);
  const dGamma = engine.allocate([channels]), dBeta = engine.allocate([channels]);
  const coefficients = engine.allocate([3, channels]);
  const dAdd = add ? engine.allocate(x!.shape) : undefined;
  const [toX, toGamma, toBeta, toCoefficients] = [dx, dGamma, dBeta, coefficients]
    .map((tensor) => engine.address(tensor)) as [number, number, number, number];
  const toAdd = dAdd ? engine.address(dAdd) : 0;
  const size = [n, rows, channels];
  withSums(engine, x!, (sums) => [
    phase(slices, "batchNormGradientSums", [slope, source, out, centre, sums, ...size]),
    phase(1, "batchNormGradientFinish", [
      ...[sums, slices, count, channels, spread, scale, { real: epsilon }],
      ...[toGamma, toBeta, toCoefficients],
    ]),
    phase(passes, "batchNormGradientApply", [
      ...[slope, source, out, centre, toCoefficients, toX, toAdd, ...size, examples],
    ]),
  ]);
  engine.disposeData(coefficients.dataId);
  return dAdd ? [dx, dGamma, dBeta, dAdd] : [dx, dGamma, dBeta];
}

/** Training-mode batch norm. */
export const batchNormKernels: KernelTable = {
  [BATCH_NORM_STATISTICS]: statistics,
  [BATCH_NORM_APPLY]: apply,
  [BATCH_NORM_GRADIENT]: gradient,
};
