import assert from "node:assert/strict";
import { sgd, sgdInPlace, signStep } from "../../../../src/backend/webgpu/operations/steps.ts";
import { Purpose, Stream } from "../../../../src/random/stream.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { assertWithin, normals, onBench, textOf } from "./support.ts";

const { fround } = Math;

onBench("signStep() rounds every operation to float32 in the stated order", async (bench) => {
  const size = 1003, [stepSize, epsilon] = [2 / 255, 8 / 255];
  const stream = new Stream(1, Purpose.synthetic);
  const x = Float32Array.from({ length: size }, () => stream.uniform());
  const adversarial = x.map((value) => value + 0.1 * (stream.uniform() - 0.5));
  const slope = Float32Array.from({ length: size }, () => Math.round(stream.normal()));
  const lowered = signStep(size, stepSize, epsilon);
  const [stepped] = await bench.run(lowered, [x, adversarial, slope], [size]);
  const radius = fround(epsilon);
  const expected = x.map((centre, i) => {
    const moved = fround(adversarial[i]! + fround(stepSize) * Math.sign(slope[i]!));
    const inBall = Math.min(Math.max(moved, fround(centre - radius)), fround(centre + radius));
    return Math.min(Math.max(inBall, 0), 1);
  });
  assert.deepEqual(stepped, expected);
});

onBench("signStep() counts the smallest slopes, and neither zeros nor NaN", async (bench) => {
  const slope = Float32Array.of(1e-45, -1e-45, 0, -0, NaN, Infinity, -Infinity, 3e-39);
  const half = new Float32Array(8).fill(0.5);
  const [stepped] = await bench.run(signStep(8, 0.125, 0.25), [half, half, slope], [8]);
  assert.deepEqual(
    [...stepped!],
    [0.625, 0.375, 0.5, 0.5, 0.5, 0.625, 0.375, 0.625],
  );
});

for (const nesterov of [true, false]) {
  for (const first of [true, false]) {
    const options = { weightDecay: 5e-4, nesterov, first };
    const what = `${nesterov ? "Nesterov's" : "plain"} momentum ${first ? "begins" : "goes on"}`;
    onBench(`sgd() and sgdInPlace() give PyTorch's update when ${what}`, async (bench) => {
      const size = 1003, [lr, momentum] = [0.1, 0.9];
      const weight = normals(size, 1), gradient = normals(size, 2);
      const velocity = first ? new Float32Array(size).fill(NaN) : normals(size, 3);
      const rates = Float32Array.of(lr, momentum);
      const decayed = Array.from(gradient, (slope, i) => slope + options.weightDecay * weight[i]!);
      const speed = decayed.map((g, i) => first ? g : momentum * velocity[i]! + g);
      const expected = speed.map((v, i) =>
        weight[i]! - lr * (nesterov ? decayed[i]! + momentum * v : v)
      );
      const inputs = [weight, gradient, velocity, rates];
      const outputs = await bench.run(sgd(size, options), inputs, [size, size]);
      assertWithin(outputs[0]!, expected, "weight");
      assertWithin(outputs[1]!, speed, "velocity");
      const inPlace = sgdInPlace(size, options);
      assert.deepEqual(await bench.run(inPlace, [gradient, rates], [weight, velocity]), outputs);
    });
  }
}

Deno.test("signStep(), sgd() and sgdInPlace() write this WGSL", async () => {
  const options = { weightDecay: 5e-4, nesterov: true, first: false };
  const step = textOf(signStep(12, 2 / 255, 8 / 255));
  await assertSnapshot(import.meta.url, "sign_step.wgsl", step);
  const first = textOf(sgd(12, { ...options, nesterov: false, first: true }));
  await assertSnapshot(import.meta.url, "sgd_first.wgsl", first);
  await assertSnapshot(import.meta.url, "sgd_in_place.wgsl", textOf(sgdInPlace(12, options)));
});
