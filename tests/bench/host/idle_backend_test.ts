import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { type IdleCall, openIdleBackend } from "../../../src/bench/host/idle_backend.ts";

Deno.test("openIdleBackend() yields what a computation would, without its numbers, and leaves its maps", async () => {
  const calls: IdleCall[] = [];
  const backend = await openIdleBackend(calls);
  const weight = tf.tensor1d([3]), map = new Map<string, tf.Tensor>([["weight", weight]]);
  const state = backend.deviceState([map]);
  const compute = state.compile(({ nat, start }) => {
    map.set("weight", tf.add(map.get("weight")!, 1));
    return { adversarial: start ? tf.add(start, nat!) : tf.mul(nat!, 2), loss: tf.mean(nat!) };
  });
  const nat = tf.tensor2d([[1, 2]]), start = tf.tensor2d([[5, 6]]);
  const descended = await compute({ nat });
  assert.deepEqual([descended.adversarial!.shape, descended.loss!.shape], [[1, 2], []]);
  assert.deepEqual([...await descended.adversarial!.data()], [0, 0]);
  const attacked = await compute({ nat, start });
  assert.deepEqual([...await attacked.adversarial!.data()], [1, 2]);
  assert.deepEqual(calls.map(({ what }) => what), ["descend", "attack"]);
  assert.equal(map.get("weight"), weight);
  assert.deepEqual([...await state.snapshot(map).get("weight")!.data()], [3]);
  state.dispose();
  assert(weight.isDisposed);
  tf.dispose([nat, start, descended, attacked]);
  backend.close();
});
