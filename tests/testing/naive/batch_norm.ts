/**
 * Training-mode batch norm of groups of examples in float64, and random inputs for it.
 *
 * @module
 */
import { Purpose, Stream } from "../../../src/random/stream.ts";

/** What the reference adds to variances. */
export const EPSILON = 1e-5;

/** Of images, NHWC. */
export type Shape = [batch: number, height: number, width: number, channels: number];

/** `x`, `dy` and `add` fill the shape, `gamma` and `beta` have one value per channel. */
export interface BatchNormInputs {
  readonly shape: Shape;
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  /** What is added to the result. */
  readonly add: Float32Array;
}

/** The sum of `values`. */
export const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** Normal values around channel means of up to `offset` standard deviations. */
export function makeBatchNormInputs(shape: Shape, seed: number, offset: number): BatchNormInputs {
  const stream = new Stream(seed, Purpose.synthetic);
  const channels = shape[3], size = shape.reduce((a, b) => a * b, 1);
  const draw = (length: number, next: (i: number) => number) =>
    Float32Array.from({ length }, (_, i) => next(i));
  const means = draw(channels, () => offset * (2 * stream.uniform() - 1));
  return {
    shape,
    x: draw(size, (i) => means[i % channels]! + stream.normal()),
    dy: draw(size, () => stream.normal()),
    gamma: draw(channels, () => 0.5 + stream.uniform()),
    beta: draw(channels, () => stream.uniform() - 0.5),
    add: draw(size, () => stream.normal()),
  };
}

/**
 * All results, every group by itself: what is per example or per group in a row, what is per channel added up. `add` counts, and negative
 * results become zero, if they are `rectified`.
 */
export function batchNormReference(
  inputs: BatchNormInputs,
  groups: readonly number[],
  rectified: boolean,
) {
  const values = inputs.x.length / inputs.shape[0];
  let first = 0;
  const parts = groups.map((n) => {
    const [from, to] = [first * values, (first += n) * values];
    const cut = (array: Float32Array) => array.subarray(from, to);
    const { x, dy, add, gamma, beta, shape } = inputs;
    return groupReference({ gamma, beta, shape, x: cut(x), dy: cut(dy), add: cut(add) }, rectified);
  });
  const row = (name: keyof typeof parts[0]) => parts.flatMap((part) => [...part[name]]);
  const sum = (name: keyof typeof parts[0]) =>
    parts[0]![name].map((_, c) => total(parts.map((part) => part[name][c]!)));
  return {
    ...{ mean: row("mean"), variance: row("variance"), y: row("y") },
    ...{ dx: row("dx"), dGamma: sum("dGamma"), dBeta: sum("dBeta"), dAdd: row("dAdd") },
  };
}

/** The definition, channel by channel, differentiated by the chain rule rather than in the kernels' closed form. */
function groupReference({ shape, x, dy, gamma, beta, add }: BatchNormInputs, rectified: boolean) {
  const channels = shape[3], rows = x.length / channels;
  const out = {
    mean: new Float64Array(channels),
    variance: new Float64Array(channels),
    y: new Float64Array(x.length),
    dx: new Float64Array(x.length),
    dGamma: new Float64Array(channels),
    dBeta: new Float64Array(channels),
    dAdd: new Float64Array(x.length),
  };
  for (let c = 0; c < channels; c++) {
    const column = (values: Float32Array) =>
      Array.from({ length: rows }, (_, row) => values[row * channels + c]!);
    const values = column(x);
    const mean = total(values) / rows;
    const variance = total(values.map((value) => (value - mean) ** 2)) / rows;
    const deviation = Math.sqrt(variance + EPSILON);
    const normalised = values.map((value) => (value - mean) / deviation);
    const results = normalised.map((value, row) =>
      value * gamma[c]! + beta[c]! + (rectified ? add[row * channels + c]! : 0)
    );
    const passes = results.map((value) => !rectified || value > 0);
    const slopes = column(dy).map((slope, row) => passes[row] ? slope : 0);
    const toNormalised = slopes.map((slope) => slope * gamma[c]!);
    const toVariance = -total(toNormalised.map((slope, i) => slope * (values[i]! - mean))) /
      (2 * deviation ** 3);
    const toMean = -total(toNormalised) / deviation;
    out.mean[c] = mean;
    out.variance[c] = variance;
    out.dGamma[c] = total(slopes.map((slope, i) => slope * normalised[i]!));
    out.dBeta[c] = total(slopes);
    for (let row = 0; row < rows; row++) {
      const at = row * channels + c;
      out.y[at] = passes[row] ? results[row]! : 0;
      out.dAdd[at] = slopes[row]!;
      out.dx[at] = toNormalised[row]! / deviation +
        toVariance * 2 * (values[row]! - mean) / rows + toMean / rows;
    }
  }
  return out;
}
