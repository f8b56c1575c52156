import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { V1Step } from "../../../src/bench/v1_step.ts";
import { onNaiveWebGpu } from "../../testing/naive/engine.ts";

/** What tfjs's WebGPU backend holds, in bytes. */
function bytesHeld(): number {
  return (tf.memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
}

onNaiveWebGpu("a V1 step leaves no more on the device than the one before", async (backend) => {
  const step = new V1Step(backend, 1, 3);
  const held: number[] = [];
  for (let i = 0; i < 12; i++) {
    await step.run();
    held.push(bytesHeld());
  }
  assert.ok(held[0]! > 0);
  assert.deepEqual(new Set(held.slice(5)).size, 1, `${held}`);
  step.dispose();
});
