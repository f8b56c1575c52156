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
  foldBatchNorm,
  updateRunning,
} from "../../../src/backend/operations/batch_norm.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import {
  batchNormReference,
  EPSILON,
  makeBatchNormInputs,
  type Shape,
  total,
} from "../../testing/naive/batch_norm.ts";
import { largestError } from "../../testing/numbers.ts";
import { read } from "../../testing/tensors.ts";

/** Largest error as a share of the largest output. */
const TOLERANCE = 5e-6;

/**
 * The examples of every group, then height, width and channels: odd sizes, groups of one, channel counts that are no
 * multiple of four. At least four rows: of one or two the input gradient cancels to nothing, and an error has nothing to
 * be a share of.
 */
export const anyBatch: fc.Arbitrary<[groups: number[], size: [number, number, number]]> = fc.tuple(
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  fc.tuple(
    fc.integer({ min: 2, max: 9 }),
    fc.integer({ min: 2, max: 9 }),
    fc.integer({ min: 1, max: 13 }),
  ),
);

/**
 * Statistics, normalisation and gradients of random inputs, each within the tolerance.
 *
 * @param groups the examples of every group
 * @param size height, width and channels
 * @param rectified whether something is added to the result and negative sums become zero
 */
export async function assertBatchNorm(
  [groups, size]: [groups: number[], size: [number, number, number]],
  seed: number,
  offset: number,
  rectified = false,
): Promise<void> {
  const shape: Shape = [total(groups), ...size];
  const inputs = makeBatchNormInputs(shape, seed, offset);
  const x = tf.tensor4d(inputs.x, shape), dy = tf.tensor4d(inputs.dy, shape);
  const gamma = tf.tensor1d(inputs.gamma), beta = tf.tensor1d(inputs.beta);
  const add = rectified ? { add: tf.tensor4d(inputs.add, shape) } : {};
  const statistics = batchNormStatistics(x, { groups });
  const attributes = { epsilon: EPSILON, relu: rectified, groups };
  const y = batchNormApply({ x, gamma, beta, ...add }, statistics, attributes);
  const [dx, dGamma, dBeta, dAdd] = batchNormGradient(
    dy,
    { x, gamma },
    statistics,
    rectified ? y : undefined,
    { epsilon: EPSILON, add: rectified, groups },
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
  const shapes = [[shape[3]], [groups.length, shape[3]], undefined, shape];
  for (const tensor of Object.values(outputs)) {
    assert.deepEqual(tensor.shape, shapes[tensor.rank - 1]);
  }
  tf.dispose([x, dy, gamma, beta]);
  const expected = batchNormReference(inputs, groups, rectified);
  for (const [name, tensor] of Object.entries(outputs)) {
    await assertWithin(tensor, expected[name as keyof typeof outputs], `${name} of [${shape}]`);
  }
}

async function assertWithin(
  tensor: tf.Tensor,
  expected: ArrayLike<number>,
  what: string,
): Promise<void> {
  const error = largestError(await read(tensor), expected);
  assert.ok(error <= TOLERANCE, `${what}: error ${error} exceeds ${TOLERANCE}`);
}

/** Running statistics after two unequal groups, and a filter folded by them, each within the tolerance. */
export async function assertRunningStatistics(): Promise<void> {
  const channels = 5, counts = [4, 30], momentum = 0.1;
  const stream = new Stream(1, Purpose.synthetic);
  const draw = (length: number) => Float32Array.from({ length }, () => 0.5 + stream.uniform());
  const [means, variances] = [draw(channels), draw(channels)];
  const [groupMeans, groupVariances] = [draw(2 * channels), draw(2 * channels)];
  const [filters, gammas, betas] = [draw(9 * 3 * channels), draw(channels), draw(channels)];
  const running = { mean: tf.tensor1d(means), variance: tf.tensor1d(variances) };
  const statistics = {
    mean: tf.tensor2d(groupMeans, [2, channels]),
    variance: tf.tensor2d(groupVariances, [2, channels]),
  };
  const affine = { gamma: tf.tensor1d(gammas), beta: tf.tensor1d(betas) };
  const filter = tf.tensor4d(filters, [3, 3, 3, channels]);
  const updated = updateRunning(running, statistics, { momentum, counts });
  const folded = foldBatchNorm(filter, affine, running, EPSILON);
  tf.dispose([{ ...running }, { ...statistics }, affine, filter]);

  const after = (before: Float32Array, batches: Float32Array, factors: readonly number[]) =>
    Array.from(before, (value, c) =>
      factors.reduce(
        (mean, factor, g) => 0.9 * mean + 0.1 * factor * batches[g * channels + c]!,
        value,
      ));
  await assertWithin(updated.mean, after(means, groupMeans, [1, 1]), "running mean");
  const unbiased = after(variances, groupVariances, [4 / 3, 30 / 29]);
  await assertWithin(updated.variance, unbiased, "running variance");
  const scales = Array.from(gammas, (value, c) => value / Math.sqrt(variances[c]! + EPSILON));
  const scaled = Array.from(filters, (value, i) => value * scales[i % channels]!);
  await assertWithin(folded.filter, scaled, "folded filter");
  const biases = Array.from(betas, (value, c) => value - means[c]! * scales[c]!);
  await assertWithin(folded.bias, biases, "folded bias");
}
