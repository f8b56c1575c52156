import assert from "node:assert/strict";
import { averageStep, sgd, signStep } from "../../../../src/backend/webgpu/operations/steps.ts";
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

onBench("sgd() gives PyTorch's update in place", async (bench) => {
  for (const nesterov of [true, false]) {
    const size = 1003, options = { weightDecay: 5e-4, nesterov }, [lr, momentum] = [0.1, 0.9];
    const weight = normals(size, 1), gradient = normals(size, 2), velocity = normals(size, 3);
    const decayed = Array.from(gradient, (slope, i) => slope + options.weightDecay * weight[i]!);
    const speed = decayed.map((slope, i) => momentum * velocity[i]! + slope);
    const expected = speed.map((v, i) =>
      weight[i]! - lr * (nesterov ? decayed[i]! + momentum * v : v)
    );
    const inputs = [gradient, Float32Array.of(lr, momentum)];
    const outputs = await bench.run(sgd(size, options), inputs, [weight, velocity]);
    assertWithin(outputs[0]!, expected, `weight, Nesterov ${nesterov}`);
    assertWithin(outputs[1]!, speed, `velocity, Nesterov ${nesterov}`);
  }
});

onBench("averageStep() moves the average in place", async (bench) => {
  const size = 1003, average = normals(size, 1), value = normals(size, 2), share = 0.001;
  const inputs = [value, Float32Array.of(share)];
  const [moved] = await bench.run(averageStep(size), inputs, [average]);
  assertWithin(moved!, Array.from(average, (a, i) => a + share * (value[i]! - a)), "average");
});

Deno.test("signStep(), sgd() and averageStep() write this WGSL", async () => {
  const step = textOf(signStep(12, 2 / 255, 8 / 255));
  await assertSnapshot(import.meta.url, "sign_step.wgsl", step);
  const update = sgd(12, { weightDecay: 5e-4, nesterov: true });
  await assertSnapshot(import.meta.url, "sgd.wgsl", textOf(update));
  await assertSnapshot(import.meta.url, "average_step.wgsl", textOf(averageStep(12)));
});
