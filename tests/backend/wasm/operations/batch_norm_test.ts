import fc from "fast-check";
import { onWasm } from "../../../testing/device.ts";
import { anyBatch, assertBatchNorm } from "../../operations/batch_norm_check.ts";

onWasm(
  "the CPU engine has batch-norm kernels that agree with float64 on any shape",
  async () => {
    await fc.assert(
      fc.asyncProperty(anyBatch, fc.nat(), fc.constantFrom(0, 3), fc.boolean(), assertBatchNorm),
      { seed: 1, numRuns: 80 },
    );
  },
);

onWasm("the CPU engine keeps the variance of values far from zero", async () => {
  // A float32 sum of squares would keep three digits of a variance of 1 beside means of about 100.
  await assertBatchNorm([[4], [8, 8, 3]], 3, 100);
});
