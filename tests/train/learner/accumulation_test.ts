import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { joined, scaled } from "../../../src/train/learner/accumulation.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";
import { read } from "../../testing/tensors.ts";

onOneThread();

onWasm(
  "joined() adds up what parts have, also where one lacks a term, and puts lists one behind another",
  async () => {
    const whole = joined([
      { loss: tf.scalar(1), kl: tf.scalar(3) },
      { loss: tf.scalar(2), kl: tf.scalar(4), memory: tf.scalar(5), "@w": tf.tensor1d([6, 7]) },
      { loss: tf.scalar(9), kl: tf.scalar(1), memory: tf.scalar(2), "@w": tf.tensor1d([8]) },
    ], "@w");
    const values = await Promise.all(
      Object.entries(whole).map(async ([name, tensor]) => [name, [...await read(tensor)]]),
    );
    assert.deepEqual(values, [["loss", [12]], ["kl", [8]], ["memory", [7]], ["@w", [6, 7, 8]]]);
  },
);

onWasm("scaled() counts a loss of one term, which is that term itself, once as each", async () => {
  const ce = tf.scalar(6), share = tf.scalar(0.5), counted = scaled({ loss: ce, ce }, share);
  share.dispose();
  assert.deepEqual([...await read(counted.loss!)], [3]);
  assert.deepEqual([...await read(counted.ce!)], [3]);
  tf.dispose(counted);
  assert.ok(ce.isDisposed);
});
