import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { phase } from "../../../src/backend/wasm/phases.ts";
import type { TensorEngine } from "../../../src/backend/wasm/tensors.ts";
import { onWasm } from "../../testing/device.ts";

const currentEngine = () => tf.backend() as TensorEngine;

onWasm("TensorEngine gives the host copies, which outlive their tensor", async () => {
  const engine = currentEngine();
  const sum = tf.tidy(() => tf.add(tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4]])));
  const values = [await sum.data(), sum.dataSync()];
  engine.heap.floats(engine.address(sum), 2).fill(7);
  assert.deepEqual(values.map((copy) => [...copy]), [[4, 6], [4, 6]]);
  assert.deepEqual([...await sum.data()], [7, 7]);
  sum.dispose();
});

onWasm("TensorEngine keeps what tfjs cuts out of a tensor when that one is freed", async () => {
  const whole = tf.tidy(() => tf.add(tf.range(0, 4096), tf.ones([4096])));
  assert.equal(whole.shape[0], 4096); // so large that the engine makes it on its heap
  const parts = tf.tidy(() => [
    ...tf.split(whole, 4),
    tf.slice(whole, 0, 1024),
    tf.unstack(tf.reshape(whole, [4, 1024]))[0]!,
    tf.stridedSlice(whole, [0], [1024], [1]),
  ]);
  whole.dispose();
  const other = tf.tidy(() => tf.add(tf.fill([4096], -3), tf.fill([4096], -4)));
  const expected = Array.from({ length: 1024 }, (_, i) => i + 1);
  for (const [i, part] of parts.entries()) {
    const first = i < 4 ? 1024 * i : 0;
    assert.deepEqual([...await part.data()], expected.map((value) => value + first), `part ${i}`);
  }
  tf.dispose([parts, other]);
});

onWasm(
  "TensorEngine.address() moves a tensor to the heap once, and frees it with the tensor",
  () => {
    const engine = currentEngine();
    const before = engine.heap.usedBytes;
    const tensor = tf.tensor1d([1, 2, 3]);
    assert.equal(engine.heap.usedBytes, before);
    const shared = tf.reshape(tensor, [3, 1]);
    const address = engine.address(tensor);
    assert.equal(engine.address(shared), address);
    assert.deepEqual([...engine.heap.floats(address, 3)], [1, 2, 3]);
    tensor.dispose();
    assert.deepEqual([...shared.dataSync()], [1, 2, 3]);
    shared.dispose();
    assert.equal(engine.heap.usedBytes, before);
  },
);

onWasm("TensorEngine.derived() makes what is derived once, and frees it with the tensor", () => {
  const engine = currentEngine();
  const before = engine.heap.usedBytes;
  const tensor = tf.tensor1d([1, 2, 3, 4]);
  let made = 0;
  const double = () =>
    engine.derived(tensor, "double", 16, (to) => {
      made++;
      const address = engine.address(tensor);
      return phase(1, "add", [address, address, to, 4]);
    });
  assert.equal(double(), double());
  assert.equal(made, 1);
  assert.deepEqual([...engine.heap.floats(double(), 4)], [2, 4, 6, 8]);
  tensor.dispose();
  assert.equal(engine.heap.usedBytes, before);
});

onWasm("TensorEngine refuses integers where its kernels take floats", () => {
  const labels = tf.tensor1d([1, 2], "int32");
  assert.throws(() => currentEngine().address(labels), /float32, not int32/);
  labels.dispose();
});

onWasm("TensorEngine leaves to tfjs what its own kernels do not compute", () => {
  tf.tidy(() => {
    const matrix = tf.tensor2d([[1, 2], [3, 4]]);
    assert.deepEqual([...tf.add(matrix, 1).dataSync()], [2, 3, 4, 5]);
    assert.deepEqual([...tf.add(matrix, tf.tensor1d([10, 20])).dataSync()], [11, 22, 13, 24]);
    const integers = tf.tensor1d([1, 2], "int32");
    assert.deepEqual([...tf.add(integers, integers).dataSync()], [2, 4]);
  });
});
