import { eachBackend } from "../testing/backends.ts";
import { assertBatchNorm } from "./batch_norm_check.ts";

eachBackend("batchNormTrain() and its gradients agree with float64", async () => {
  await assertBatchNorm([1, 5, 7, 3], 1, 3);
  await assertBatchNorm([8, 16, 16, 10], 2, 3);
});

eachBackend("batchNormTrain() adds and rectifies, and so do its gradients", async () => {
  await assertBatchNorm([1, 5, 7, 3], 1, 3, true);
  await assertBatchNorm([9, 8, 8, 10], 2, 3, true);
});
