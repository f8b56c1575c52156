import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { registerComposedKernels } from "../../../src/backend/composed/register.ts";
import {
  anyBatch,
  assertBatchNorm,
  assertRunningStatistics,
} from "../operations/batch_norm_check.ts";

// tfjs's JavaScript backend needs no device, and its float32 is every backend's: this is the oracle, tested alone.
Deno.test("registerComposedKernels() gives kernels that agree with float64 on any backend", async () => {
  tf.env().set("IS_TEST", true); // else that backend prints an advertisement
  registerComposedKernels("cpu");
  registerComposedKernels("cpu"); // again does nothing
  await tf.setBackend("cpu");
  const before = tf.memory().numTensors;
  await fc.assert(
    fc.asyncProperty(anyBatch, fc.nat(), fc.constantFrom(0, 3), fc.boolean(), assertBatchNorm),
    { seed: 1, numRuns: 40 },
  );
  await assertRunningStatistics();
  assert.equal(tf.memory().numTensors, before);
});
