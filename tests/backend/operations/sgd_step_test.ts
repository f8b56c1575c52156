import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { sgdStep } from "../../../src/backend/operations/sgd_step.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { eachBackend } from "../../testing/backends.ts";
import { read } from "../../testing/tensors.ts";

// Powers of two: nothing is rounded, so that every backend gives these very numbers.
const RATES = [0.5, 0.5], WEIGHT_DECAY = 0.25;

for (const nesterov of [true, false]) {
  for (const before of [[8, 0, 4], [0, 0, 0]]) {
    const what = `${nesterov ? "Nesterov's" : "plain"} momentum ${
      before.some(Boolean) ? "goes on" : "begins"
    }`;
    eachBackend(`sgdStep() gives PyTorch's update when ${what}`, async () => {
      const weights = new Map([["w", tf.tensor([[4, -8, 0]])]]);
      const gradients = new Map([["w", tf.tensor([[1, 2, -4]])]]);
      const velocities = new Map([["w", tf.tensor([before])]]);
      const given = [weights, gradients, velocities].map((map) => map.get("w")!);
      const rates = tf.tensor1d(RATES);
      sgdStep(weights, gradients, velocities, rates, { weightDecay: WEIGHT_DECAY, nesterov });
      tf.dispose([given, rates]);
      const decayed = [1 + 0.25 * 4, 2 - 0.25 * 8, -4];
      const speed = decayed.map((g, i) => 0.5 * before[i]! + g);
      const direction = speed.map((v, i) => nesterov ? decayed[i]! + 0.5 * v : v);
      const expected = direction.map((d, i) => [4, -8, 0][i]! - 0.5 * d);
      const weight = weights.get("w")!, velocity = velocities.get("w")!;
      assert.deepEqual([weight.shape, velocity.shape], [[1, 3], [1, 3]]);
      assert.deepEqual([...await read(velocity)], speed);
      assert.deepEqual([...await read(weight)], expected);
    });
  }
}

eachBackend("sgdStep() matches parameters by name and leaves the old tensors alone", async () => {
  const shapes = [["a", [2, 3]], ["b", [1]], ["c", [2, 2, 2, 3]]] as const;
  const filled = (value: number, names: typeof shapes[number][]) =>
    new Map(names.map(([name, shape], i) => [name, tf.fill([...shape], value + i)]));
  const weights = filled(1, [...shapes]), gradients = filled(4, [...shapes].reverse());
  const velocities = filled(16, [...shapes].reverse());
  const old = [weights, gradients, velocities].flatMap((map) => [...map.values()]);
  const rates = tf.tensor1d(RATES);
  sgdStep(weights, gradients, velocities, rates, { weightDecay: 0, nesterov: false });
  assert.ok(old.every((tensor) => !tensor.isDisposed));
  tf.dispose([old, rates]);
  assert.deepEqual([...weights.keys()], ["a", "b", "c"]);
  for (const [i, [name, shape]] of shapes.entries()) {
    const weight = weights.get(name)!, velocity = velocities.get(name)!;
    assert.deepEqual([weight.shape, velocity.shape], [[...shape], [...shape]]);
    const speed = 0.5 * (18 - i) + (6 - i);
    assert.deepEqual(new Set(await read(velocity)), new Set([speed]));
    assert.deepEqual(new Set(await read(weight)), new Set([1 + i - 0.5 * speed]));
  }
});

eachBackend("sgdStep() rounds every operation to float32 in the stated order", async () => {
  const stream = new Stream(1, Purpose.synthetic), { fround } = Math;
  const draw = () => Float32Array.from({ length: 1003 }, () => stream.normal());
  const weight = draw(), gradient = draw(), velocity = draw();
  const [lr, momentum, decay] = [0.1, 0.9, 5e-4].map(fround) as [number, number, number];
  const [weights, gradients, velocities] = [weight, gradient, velocity].map((values) =>
    new Map<string, tf.Tensor>([["w", tf.tensor1d(values)]])
  ) as [Map<string, tf.Tensor>, Map<string, tf.Tensor>, Map<string, tf.Tensor>];
  const old = [weights, gradients, velocities].map((map) => map.get("w")!);
  const rates = tf.tensor1d([0.1, 0.9]);
  sgdStep(weights, gradients, velocities, rates, { weightDecay: 5e-4, nesterov: true });
  tf.dispose([old, rates]);
  const decayed = gradient.map((slope, i) => slope + fround(weight[i]! * decay));
  const speed = velocity.map((before, i) => fround(before * momentum) + decayed[i]!);
  const direction = decayed.map((slope, i) => slope + fround(speed[i]! * momentum));
  const expected = weight.map((before, i) => before - fround(direction[i]! * lr));
  assert.deepEqual(await read(velocities.get("w")!), speed);
  assert.deepEqual(await read(weights.get("w")!), expected);
});
