import { eachBackend } from "../../testing/backends.ts";
import { assertBatchNorm, assertRunningStatistics } from "./batch_norm_check.ts";

eachBackend("batchNormApply() and batchNormGradient() agree with float64", async () => {
  await assertBatchNorm([[1], [5, 7, 3]], 1, 3);
  await assertBatchNorm([[8], [16, 16, 10]], 2, 3);
});

eachBackend("batchNormApply() adds and rectifies, and batchNormGradient() follows", async () => {
  await assertBatchNorm([[1], [5, 7, 3]], 1, 3, true);
  await assertBatchNorm([[9], [8, 8, 10]], 2, 3, true);
});

eachBackend("batchNormApply() and batchNormGradient() take every group by itself", async () => {
  await assertBatchNorm([[9, 2, 16], [5, 7, 6]], 3, 3, true);
});

eachBackend("updateRunning() and foldBatchNorm() agree with float64", assertRunningStatistics);
