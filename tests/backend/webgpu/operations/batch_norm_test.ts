import assert from "node:assert/strict";
import {
  batchNormApply,
  foldBatchNorm,
  runningStatistics,
} from "../../../../src/backend/webgpu/operations/batch_norm.ts";
import { batchNormGradient } from "../../../../src/backend/webgpu/operations/batch_norm_gradient.ts";
import { batchNormStatistics } from "../../../../src/backend/webgpu/operations/batch_norm_statistics.ts";
import {
  batchNormReference,
  EPSILON,
  makeBatchNormInputs,
  total,
} from "../../../testing/naive/batch_norm.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import type { KernelBench } from "../../../testing/webgpu/kernels.ts";
import { assertWithin, normals, onBench, textOf } from "./support.ts";

type Size = readonly [height: number, width: number, channels: number];

/**
 * Groups of unequal sizes, of one image and of all; odd sizes; channels in fours, in none, and in several blocks; more
 * chunks of a group than there are rows of threads to join them.
 */
const BATCHES: [groups: number[], size: Size][] = [
  [[40, 2], [32, 32, 12]],
  [[5, 1, 3], [3, 5, 12]],
  [[1], [5, 7, 3]],
  [[9, 4], [16, 16, 4]],
  [[2, 1], [4, 4, 130]],
  [[3, 2], [4, 4, 132]],
];

/** Random images around means of up to `offset` standard deviations. */
function makeInputs(groups: readonly number[], size: Size, offset: number) {
  return makeBatchNormInputs([total(groups), ...size], 1, offset);
}

/** Statistics, normalisation and gradients, each against float64. */
async function assertBatchNorm(
  bench: KernelBench,
  [groups, size]: [groups: number[], size: Size],
  rectified: boolean,
): Promise<void> {
  const inputs = makeInputs(groups, size, 3);
  const { shape, x, dy, add, gamma, beta } = inputs;
  const channels = shape[3], perGroup = groups.length * channels;
  const [mean, variance] = await bench.run(
    batchNormStatistics(shape, groups),
    [x],
    [perGroup, perGroup],
  );
  const options = { epsilon: EPSILON, relu: rectified, add: rectified };
  const [y] = await bench.run(
    batchNormApply(shape, groups, options),
    [x, mean!, variance!, gamma, beta, ...rectified ? [add] : []],
    [x.length],
  );
  const [dx, dGamma, dBeta, dAdd] = await bench.run(
    batchNormGradient(shape, groups, { epsilon: EPSILON, masked: rectified, add: rectified }),
    [dy, x, mean!, variance!, gamma, ...rectified ? [y!] : []],
    [x.length, channels, channels, ...rectified ? [x.length] : []],
  );
  const expected = batchNormReference(inputs, groups, rectified);
  const outputs = { mean, variance, y, dx, dGamma, dBeta, ...rectified && { dAdd } };
  for (const [name, actual] of Object.entries(outputs)) {
    const what = `${name} of [${shape}] in groups [${groups}]`;
    assertWithin(actual!, expected[name as keyof typeof expected], what);
  }
}

onBench("the operations of batch norm agree with float64", async (bench) => {
  for (const batch of BATCHES) await assertBatchNorm(bench, batch, false);
});

onBench("the operations of batch norm add and rectify as float64 does", async (bench) => {
  for (const batch of BATCHES) await assertBatchNorm(bench, batch, true);
});

onBench("batchNormGradient() masks without adding, and adds without masking", async (bench) => {
  const [groups, size] = BATCHES[1]!;
  const inputs = makeInputs(groups, size, 3);
  const { shape, x, dy, gamma } = inputs, channels = shape[3];
  const expected = batchNormReference(inputs, groups, true);
  const moments = [expected.mean, expected.variance].map((values) => Float32Array.from(values));
  const [dx] = await bench.run(
    batchNormGradient(shape, groups, { epsilon: EPSILON, masked: true, add: false }),
    [dy, x, ...moments, gamma, Float32Array.from(expected.y)],
    [x.length, channels, channels],
  );
  assertWithin(dx!, expected.dx, "masked dx");
  const [plain, , , dAdd] = await bench.run(
    batchNormGradient(shape, groups, { epsilon: EPSILON, masked: false, add: true }),
    [dy, x, ...moments, gamma],
    [x.length, channels, channels, x.length],
  );
  assertWithin(plain!, batchNormReference(inputs, groups, false).dx, "dx");
  assert.deepEqual(dAdd, dy);
});

onBench("batchNormApply() keeps a NaN when it rectifies", async (bench) => {
  const [ones, zeros] = [Float32Array.of(1, 1), Float32Array.of(0, 0)];
  const options = { epsilon: EPSILON, relu: true, add: false };
  const x = Float32Array.of(NaN, -1, 1, NaN);
  const lowered = batchNormApply([2, 1, 1, 2], [2], options);
  const [y] = await bench.run(lowered, [x, zeros, ones, ones, zeros], [4]);
  assert.deepEqual([...y!].map((value) => Number.isNaN(value)), [true, false, false, true]);
});

onBench("batchNormStatistics() keeps the variance around distant means", async (bench) => {
  for (const [groups, size] of [[[5, 1, 3], [3, 5, 12]], [[9, 4], [16, 16, 3]]] as const) {
    const inputs = makeInputs(groups, size, 1000), perGroup = groups.length * size[2];
    const { mean, variance } = batchNormReference(inputs, groups, false);
    const lowered = batchNormStatistics(inputs.shape, groups);
    const actual = await bench.run(lowered, [inputs.x], [perGroup, perGroup]);
    assertWithin(actual[0]!, mean, "mean");
    const errors = variance.map((value, i) => Math.abs(actual[1]![i]! / value - 1));
    assert.ok(Math.max(...errors) < 1e-4, `variance: relative errors ${errors}`);
  }
});

onBench("batchNormStatistics() gives the same bits every time", async (bench) => {
  const groups = [9, 4], { shape, x } = makeInputs(groups, [16, 16, 4], 3);
  const lowered = batchNormStatistics(shape, groups);
  assert.deepEqual(await bench.run(lowered, [x], [8, 8]), await bench.run(lowered, [x], [8, 8]));
});

Deno.test("batchNormStatistics() rejects groups that are not all images", () => {
  const error = new RangeError("Groups of 2,1 images do not make 4.");
  assert.throws(() => batchNormStatistics([4, 2, 2, 3], [2, 1]), error);
});

onBench("runningStatistics() folds groups in one after the other", async (bench) => {
  const channels = 7, counts = [4, 30, 1], momentum = 0.1;
  const [means, variances] = [normals(channels, 1), normals(channels, 2)];
  const [ofGroups, spreads] = [normals(3 * channels, 3), normals(3 * channels, 4)];
  const after = (before: Float32Array, batches: Float32Array, factors: readonly number[]) =>
    Array.from(before, (value, c) =>
      factors.reduce(
        (running, factor, g) => 0.9 * running + 0.1 * factor * batches[g * channels + c]!,
        value,
      ));
  const outputs = await bench.run(
    runningStatistics(channels, counts, momentum),
    [means, variances, ofGroups, spreads],
    [channels, channels],
  );
  assertWithin(outputs[0]!, after(means, ofGroups, [1, 1, 1]), "mean");
  assertWithin(outputs[1]!, after(variances, spreads, [4 / 3, 30 / 29, 1]), "variance");
});

onBench("foldBatchNorm() scales a filter and shifts its result", async (bench) => {
  for (const shape of [[3, 3, 2, 5], [1, 1, 1, 8]] as const) {
    const [k, , inputs, channels] = shape, size = k * k * inputs * channels;
    const [filter, gamma, beta, mean] = [size, channels, channels, channels].map(normals);
    const variance = normals(channels, 9).map(Math.abs);
    const given = [filter!, gamma!, beta!, mean!, variance];
    const [folded, bias] = await bench.run(foldBatchNorm(shape, EPSILON), given, [size, channels]);
    const scale = Array.from(gamma!, (value, c) => value / Math.sqrt(variance[c]! + EPSILON));
    assertWithin(
      folded!,
      Array.from(filter!, (value, i) => value * scale[i % channels]!),
      "filter",
    );
    assertWithin(bias!, scale.map((factor, c) => beta![c]! - mean![c]! * factor), "bias");
  }
});

Deno.test("the operations of batch norm write this WGSL", async () => {
  const shape = [3, 4, 4, 12] as const, groups = [2, 1];
  const texts = {
    batch_norm_statistics: batchNormStatistics(shape, groups),
    batch_norm_apply: batchNormApply(shape, groups, { epsilon: EPSILON, relu: true, add: true }),
    batch_norm_gradient: batchNormGradient([3, 4, 4, 5], groups, {
      epsilon: EPSILON,
      masked: true,
      add: true,
    }),
    running_statistics: runningStatistics(6, [32, 16], 0.1),
    fold_batch_norm: foldBatchNorm([3, 3, 4, 8], EPSILON),
  };
  for (const [name, lowered] of Object.entries(texts)) {
    await assertSnapshot(import.meta.url, `${name}.wgsl`, textOf(lowered));
  }
});
