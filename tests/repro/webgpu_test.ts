import assert from "node:assert/strict";
import type { Backend } from "../../src/backend/backend.ts";
import { onNaiveWebGpu } from "../testing/naive/engine.ts";
import { smallRecipe, trainIn, trainUntil } from "../testing/runs.ts";
import { inRunFolder, resultOf, type RunResult } from "./support.ts";

/**
 * Two epochs of a whole batch and a part of one, the second one with a memory, each validated. The shapes are those of
 * `learner_webgpu_test.ts`: Mesa keeps their kernels.
 */
const RECIPE = smallRecipe({
  variant: "v1",
  width: 2,
  limitTrain: 5,
  batchSize: 3,
  select: "test",
  limitTest: 2,
});

/** What a run leaves that stops after each of `stops` and goes on to its end. */
async function resultOfRun(
  backend: Backend,
  ...stops: (readonly [epoch: number, step: number])[]
): Promise<RunResult> {
  let result: RunResult | undefined;
  await inRunFolder(async (runDir) => {
    for (const stop of stops) await trainUntil(runDir, RECIPE, backend, ...stop);
    await trainIn(runDir, RECIPE, backend);
    result = await resultOf(runDir);
  });
  return result!;
}

onNaiveWebGpu("training leaves the same bytes every time, stopped or not", async (backend) => {
  const expected = await resultOfRun(backend);
  assert.ok("checkpoints/best" in expected.files);
  // The device's memory is no longer what it was.
  assert.deepEqual(await resultOfRun(backend), expected, "a second run");
  assert.deepEqual(await resultOfRun(backend, [1, 1], [2, 1]), expected, "a run that was stopped");
});
