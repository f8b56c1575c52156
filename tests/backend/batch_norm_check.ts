/**
 * Holds the batch-norm kernels of the current backend against float64.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import {
  batchNormApply,
  batchNormGradient,
  batchNormStatistics,
} from "../../src/backend/batch_norm.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { largestError } from "../testing/numbers.ts";
import { read } from "../testing/tensors.ts";

const EPSILON = 1e-5;
/** Largest error as a share of the largest output. */
const TOLERANCE = 5e-6;

type Shape = [batch: number, height: number, width: number, channels: number];

/** Inputs of all three kernels; `x` and `dy` fill the shape, `gamma` and `beta` have one value per channel. */
interface Inputs {
  readonly shape: Shape;
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  /** What is added to the result; same shape. */
  readonly add: Float32Array;
}

/**
 * Odd sizes, a batch of one, channel counts that are no multiple of four. At least four rows: of one or two the input
 * gradient cancels to nothing, and an error has nothing to be a share of.
 */
export const anyShape: fc.Arbitrary<Shape> = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 2, max: 9 }),
  fc.integer({ min: 2, max: 9 }),
  fc.integer({ min: 1, max: 13 }),
);

/** Normal values around channel means of up to `offset` standard deviations. */
function makeInputs(shape: Shape, seed: number, offset: number): Inputs {
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

/** The definition, channel by channel, differentiated by the chain rule rather than in the kernels' closed form. */
function reference({ shape, x, dy, gamma, beta, add }: Inputs, rectified: boolean) {
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
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  for (let c = 0; c < channels; c++) {
    const column = (values: Float32Array) =>
      Array.from({ length: rows }, (_, row) => values[row * channels + c]!);
    const values = column(x);
    const mean = sum(values) / rows;
    const variance = sum(values.map((value) => (value - mean) ** 2)) / rows;
    const deviation = Math.sqrt(variance + EPSILON);
    const normalised = values.map((value) => (value - mean) / deviation);
    const results = normalised.map((value, row) =>
      value * gamma[c]! + beta[c]! + (rectified ? add[row * channels + c]! : 0)
    );
    const passes = results.map((value) => !rectified || value > 0);
    const slopes = column(dy).map((slope, row) => passes[row] ? slope : 0);
    const toNormalised = slopes.map((slope) => slope * gamma[c]!);
    const toVariance = -sum(toNormalised.map((slope, i) => slope * (values[i]! - mean))) /
      (2 * deviation ** 3);
    const toMean = -sum(toNormalised) / deviation;
    out.mean[c] = mean;
    out.variance[c] = variance;
    out.dGamma[c] = sum(slopes.map((slope, i) => slope * normalised[i]!));
    out.dBeta[c] = sum(slopes);
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

/**
 * Statistics, normalisation and gradients of random inputs of `shape`, each within the tolerance.
 *
 * @param rectified whether something is added to the result and negative sums become zero
 */
export async function assertBatchNorm(
  shape: Shape,
  seed: number,
  offset: number,
  rectified = false,
): Promise<void> {
  const inputs = makeInputs(shape, seed, offset);
  const x = tf.tensor4d(inputs.x, shape), dy = tf.tensor4d(inputs.dy, shape);
  const gamma = tf.tensor1d(inputs.gamma), beta = tf.tensor1d(inputs.beta);
  const add = rectified ? { add: tf.tensor4d(inputs.add, shape) } : {};
  const statistics = batchNormStatistics(x);
  const attributes = { epsilon: EPSILON, relu: rectified };
  const y = batchNormApply({ x, gamma, beta, ...add }, statistics, attributes);
  const [dx, dGamma, dBeta, dAdd] = batchNormGradient(
    dy,
    { x, gamma },
    statistics,
    rectified ? y : undefined,
    { epsilon: EPSILON, add: rectified },
  );
  const outputs = {
    ...statistics,
    y,
    dx: dx!,
    dGamma: dGamma!,
    dBeta: dBeta!,
    ...dAdd && { dAdd },
  };
  assert.equal(dAdd !== undefined, rectified);
  tf.dispose(add);
  for (const tensor of Object.values(outputs)) {
    assert.deepEqual(tensor.shape, tensor.rank === 4 ? shape : [shape[3]]);
  }
  tf.dispose([x, dy, gamma, beta]);
  const expected = reference(inputs, rectified);
  for (const [name, tensor] of Object.entries(outputs)) {
    const error = largestError(await read(tensor), expected[name as keyof typeof outputs]);
    assert.ok(error <= TOLERANCE, `${name} of [${shape}]: error ${error} exceeds ${TOLERANCE}`);
  }
}
