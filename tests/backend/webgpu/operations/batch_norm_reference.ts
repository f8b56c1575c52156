/**
 * Training-mode batch norm of groups of images in float64, and random images for it.
 *
 * @module
 */
import { Purpose, Stream } from "../../../../src/random/stream.ts";
import type { ImageShape } from "../../../../src/backend/webgpu/operations/channels.ts";

/** The epsilon of the reference. */
export const EPSILON = 1e-5;

/** What the operations take; `x`, `dy` and `add` `[N,H,W,C]`, `gamma` and `beta` `[C]`. */
export interface BatchNormInputs {
  readonly shape: ImageShape;
  readonly groups: readonly number[];
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly add: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
}

/** Normal values around means of up to `offset` standard deviations, other ones for every channel of every group. */
export function makeBatchNormInputs(
  groups: readonly number[],
  [height, width, channels]: readonly [number, number, number],
  offset: number,
): BatchNormInputs {
  const stream = new Stream(1, Purpose.synthetic);
  const draw = (length: number, next: (i: number) => number) =>
    Float32Array.from({ length }, (_, i) => next(i));
  const batch = groups.reduce((a, b) => a + b, 0), values = height * width * channels;
  const means = draw(groups.length * channels, () => offset * (2 * stream.uniform() - 1));
  const groupOf = groups.flatMap((images, group) => new Array<number>(images).fill(group));
  const size = batch * values;
  return {
    shape: [batch, height, width, channels],
    groups,
    x: draw(
      size,
      (i) => means[groupOf[Math.floor(i / values)]! * channels + i % channels]! + stream.normal(),
    ),
    dy: draw(size, () => stream.normal()),
    add: draw(size, () => stream.normal()),
    gamma: draw(channels, () => 0.5 + stream.uniform()),
    beta: draw(channels, () => stream.uniform() - 0.5),
  };
}

/** All results; with `rectified`, `add` is added and negative sums become zero. */
export function batchNormReference(inputs: BatchNormInputs, rectified: boolean) {
  const { shape: [batch, height, width, channels], groups, x, dy, add, gamma, beta } = inputs;
  const array = (length: number) => new Float64Array(length);
  const [mean, variance] = [array(groups.length * channels), array(groups.length * channels)];
  const [y, dx, dAdd] = [array(x.length), array(x.length), array(x.length)];
  const [dGamma, dBeta] = [array(channels), array(channels)];
  let first = 0;
  groups.forEach((images, group) => {
    const count = images * height * width;
    for (let c = 0; c < channels; c++) {
      const places = Array.from({ length: count }, (_, row) => (first + row) * channels + c);
      const sum = (value: (at: number) => number) =>
        places.reduce((total, at) => total + value(at), 0);
      const centre = sum((at) => x[at]!) / count;
      const spread = sum((at) => (x[at]! - centre) ** 2) / count;
      const deviation = Math.sqrt(spread + EPSILON);
      mean[group * channels + c] = centre;
      variance[group * channels + c] = spread;
      for (const at of places) {
        const result = (x[at]! - centre) / deviation * gamma[c]! + beta[c]! +
          (rectified ? add[at]! : 0);
        const passes = !rectified || result > 0;
        y[at] = passes ? result : 0;
        dAdd[at] = passes ? dy[at]! : 0;
      }
      dBeta[c]! += sum((at) => dAdd[at]!);
      dGamma[c]! += sum((at) => dAdd[at]! * (x[at]! - centre) / deviation);
      // By the chain rule, through the variance and the mean.
      const toVariance = -sum((at) => dAdd[at]! * gamma[c]! * (x[at]! - centre)) /
        (2 * deviation ** 3);
      const toMean = -sum((at) => dAdd[at]! * gamma[c]!) / deviation;
      for (const at of places) {
        dx[at] = dAdd[at]! * gamma[c]! / deviation +
          (toVariance * 2 * (x[at]! - centre) + toMean) / count;
      }
    }
    first += count;
  });
  if (first !== batch * height * width) throw new RangeError("groups of all images");
  return { mean, variance, y, dx, dAdd, dGamma, dBeta };
}
