import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { sgdStep } from "../../src/backend/sgd_step.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { eachBackend } from "../testing/backends.ts";
import { read } from "../testing/tensors.ts";

// Powers of two: nothing is rounded, so that every backend gives these very numbers.
const RATES = { lr: 0.5, momentum: 0.5, weightDecay: 0.25 };

for (const nesterov of [true, false]) {
  for (const hasVelocity of [true, false]) {
    const what = `${nesterov ? "Nesterov's" : "plain"} momentum ${
      hasVelocity ? "goes on" : "begins"
    }`;
    eachBackend(`sgdStep() gives PyTorch's update when ${what}`, async () => {
      const weight = tf.tensor2d([[4, -8, 0]]), gradient = tf.tensor2d([[1, 2, -4]]);
      const velocity = hasVelocity ? tf.tensor2d([[8, 0, 4]]) : undefined;
      const updated = sgdStep(weight, gradient, velocity, { ...RATES, nesterov });
      tf.dispose([weight, gradient, ...velocity ? [velocity] : []]);
      const decayed = [1 + 0.25 * 4, 2 - 0.25 * 8, -4];
      const speed = decayed.map((g, i) => hasVelocity ? 0.5 * [8, 0, 4][i]! + g : g);
      const direction = speed.map((v, i) => nesterov ? decayed[i]! + 0.5 * v : v);
      const expected = direction.map((d, i) => [4, -8, 0][i]! - 0.5 * d);
      assert.deepEqual([...await read(updated.velocity)], speed);
      assert.deepEqual([...await read(updated.weight)], expected);
    });
  }
}

eachBackend("sgdStep() rounds every operation to float32 in the stated order", async () => {
  const stream = new Stream(1, Purpose.synthetic), { fround } = Math;
  const draw = () => Float32Array.from({ length: 1003 }, () => stream.normal());
  const weight = draw(), gradient = draw(), velocity = draw();
  const rates = { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 };
  const [lr, momentum, decay] = [rates.lr, rates.momentum, rates.weightDecay].map(fround) as [
    number,
    number,
    number,
  ];
  const [w, g, v] = [weight, gradient, velocity].map((values) => tf.tensor1d(values)) as [
    tf.Tensor1D,
    tf.Tensor1D,
    tf.Tensor1D,
  ];
  const updated = sgdStep(w, g, v, { ...rates, nesterov: true });
  tf.dispose([w, g, v]);
  const decayed = gradient.map((slope, i) => slope + fround(weight[i]! * decay));
  const speed = velocity.map((before, i) => fround(before * momentum) + decayed[i]!);
  const direction = decayed.map((slope, i) => slope + fround(speed[i]! * momentum));
  const expected = weight.map((before, i) => before - fround(direction[i]! * lr));
  assert.deepEqual(await read(updated.velocity), speed);
  assert.deepEqual(await read(updated.weight), expected);
});
