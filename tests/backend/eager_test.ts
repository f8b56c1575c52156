import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../../src/backend/backend.ts";
import { EagerDeviceState } from "../../src/backend/eager.ts";
import { onWasm } from "../testing/device.ts";
import { read } from "../testing/tensors.ts";

/** A deviceState of two maps: `a` and `b` in one, `c` in the other. */
function open() {
  const tensors: TensorMap = new Map([["a", tf.tensor1d([1, 2])], ["b", tf.tensor1d([3])]]);
  const more: TensorMap = new Map([["c", tf.tensor1d([4, 5, 6])]]);
  return { tensors, more, deviceState: new EagerDeviceState([tensors, more]) };
}

/** The values of `map`'s tensors, which are freed. */
async function valuesOf(map: TensorMap): Promise<Record<string, number[]>> {
  const values: Record<string, number[]> = {};
  for (const [name, tensor] of map) values[name] = [...await read(tensor)];
  return values;
}

onWasm("compile() runs the function at every call, on that call's inputs", async () => {
  const { tensors, deviceState } = open();
  let calls = 0;
  const add = deviceState.compile(({ x }) => {
    calls++;
    return { sum: tf.add(tensors.get("a")!, x!) };
  });
  assert.equal(calls, 0);
  for (const [i, value] of [10, 20, 20].entries()) {
    const x = tf.scalar(value), { sum } = await add({ x });
    assert.equal(calls, i + 1);
    assert.deepEqual([...await read(sum!)], [1 + value, 2 + value]);
    x.dispose(); // which is the caller's
  }
  deviceState.dispose();
});

onWasm("compile() frees what is replaced and made on the way, and keeps the rest", async () => {
  const { tensors, more, deviceState } = open();
  const before = { a: tensors.get("a")!, b: tensors.get("b")!, c: more.get("c")! };
  let discarded: tf.Tensor | undefined;
  const replace = deviceState.compile(({ factor }) => {
    discarded = tf.mul(tensors.get("a")!, factor!);
    tensors.set("a", discarded);
    tensors.set("a", tf.add(tensors.get("a")!, 1));
    more.set("c", tf.keep(tf.mul(more.get("c")!, factor!)));
    return { largest: tf.max(more.get("c")!) };
  });
  const factor = tf.scalar(10), tensorCount = tf.memory().numTensors;
  const { largest } = await replace({ factor });
  assert.equal(tf.memory().numTensors, tensorCount + 1); // the output
  assert.deepEqual([...await read(largest!)], [60]);
  assert.ok(before.a.isDisposed && before.c.isDisposed && discarded!.isDisposed);
  assert.equal(tensors.get("b"), before.b);
  assert.ok(!before.b.isDisposed);
  tf.dispose((await replace({ factor })).largest!);
  assert.equal(tf.memory().numTensors, tensorCount);
  assert.deepEqual(await valuesOf(deviceState.snapshot(tensors)), { a: [111, 211], b: [3] });
  assert.deepEqual(await valuesOf(deviceState.snapshot(more)), { c: [400, 500, 600] });
  factor.dispose();
  deviceState.dispose();
});

onWasm("compile() takes a replaced tensor that the function freed itself", async () => {
  const { tensors, deviceState } = open();
  const replace = deviceState.compile(() => {
    const before = tensors.get("b")!;
    tensors.set("b", tf.add(before, 1));
    before.dispose();
    return {};
  });
  for (let i = 0; i < 2; i++) assert.deepEqual(await replace({}), {});
  assert.deepEqual(await valuesOf(deviceState.snapshot(tensors)), { a: [1, 2], b: [5] });
  deviceState.dispose();
});

onWasm("compile() rejects with what the function throws, and frees what it made", async () => {
  const { tensors, deviceState } = open(), before = tf.memory().numTensors;
  const fail = deviceState.compile(() => {
    tf.add(tensors.get("a")!, 1);
    throw new Error("no");
  });
  const failed = fail({});
  await assert.rejects(failed, { message: "no" });
  assert.equal(tf.memory().numTensors, before);
  deviceState.dispose();
});

onWasm("snapshot() has values that no later update changes, and outlives the maps", async () => {
  const { tensors, more, deviceState } = open();
  const early = deviceState.snapshot(tensors), other = deviceState.snapshot(more);
  const double = deviceState.compile(() => {
    for (const [name, tensor] of tensors) tensors.set(name, tf.mul(tensor, 2));
    return {};
  });
  await double({});
  const late = deviceState.snapshot(tensors);
  await double({});
  deviceState.dispose();
  assert.deepEqual(await valuesOf(early), { a: [1, 2], b: [3] });
  assert.deepEqual(await valuesOf(late), { a: [2, 4], b: [6] });
  assert.deepEqual(await valuesOf(other), { c: [4, 5, 6] });
});

onWasm("a snapshot may be freed before the maps", async () => {
  const { tensors, deviceState } = open();
  await valuesOf(deviceState.snapshot(tensors));
  assert.deepEqual([...await tensors.get("a")!.data()], [1, 2]);
  deviceState.dispose();
});

onWasm("dispose() frees and empties the maps", () => {
  const { tensors, more, deviceState } = open();
  const held = [...tensors.values(), ...more.values()];
  deviceState.dispose();
  assert.ok(held.every((tensor) => tensor.isDisposed));
  assert.deepEqual([tensors.size, more.size], [0, 0]);
});
