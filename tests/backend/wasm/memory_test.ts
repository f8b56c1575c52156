import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { TensorEngine } from "../../../src/backend/wasm/tensors.ts";
import { V1Step } from "../../../src/bench/v1_step.ts";
import { onWasm } from "../../testing/device.ts";

onWasm("the CPU engine's memory does not grow from step to step", async (backend) => {
  const { heap } = tf.backend() as TensorEngine;
  const tensors = tf.memory().numTensors, before = heap.usedBytes;
  const step = new V1Step(backend, 4, 6);
  for (let i = 0; i < 3; i++) await step.run();
  const used = heap.usedBytes, reserved = heap.reservedBytes;
  for (let i = 0; i < 30; i++) await step.run();
  assert.deepEqual([heap.usedBytes, heap.reservedBytes], [used, reserved]);
  step.dispose();
  assert.equal(tf.memory().numTensors, tensors);
  assert.equal(heap.usedBytes, before);
});
