import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { moveTowards } from "../../../src/backend/operations/average_step.ts";
import { eachBackend } from "../../testing/backends.ts";
import { normals } from "../../testing/naive/convolutions.ts";
import { read } from "../../testing/tensors.ts";

eachBackend("moveTowards() moves every average by its share of the distance", async () => {
  const values = (list: number[]) => tf.tensor1d(list);
  const averages = new Map([["a", values([1, -2, 0])], ["b", values([10])]]);
  const tensors = new Map([["b", values([20])], ["a", values([2, 2, 0])]]);
  const before = [...averages.values()], share = tf.scalar(0.25);
  moveTowards(averages, tensors, share);
  assert.ok(before.every((tensor) => !tensor.isDisposed));
  assert.deepEqual([...await read(averages.get("a")!)], [1.25, -1, 0]);
  assert.deepEqual([...await read(averages.get("b")!)], [12.5]);
  tf.dispose([before, share, [...tensors.values()]]);
});

eachBackend("moveTowards() rounds every operation to float32 in the stated order", async () => {
  const average = normals(1003, 1), value = normals(1003, 2), { fround } = Math;
  const averages = new Map<string, tf.Tensor>([["w", tf.tensor1d(average)]]);
  const tensors = new Map<string, tf.Tensor>([["w", tf.tensor1d(value)]]);
  const old = averages.get("w")!, share = tf.scalar(0.001);
  moveTowards(averages, tensors, share);
  tf.dispose([old, share, tensors.get("w")!]);
  const expected = average.map((a, i) => a + fround(fround(value[i]! - a) * fround(0.001)));
  assert.deepEqual(await read(averages.get("w")!), expected);
});
