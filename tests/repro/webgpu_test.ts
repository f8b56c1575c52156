import assert from "node:assert/strict";
import type { Backend } from "../../src/backend/backend.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
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

/** The same batches, with what else a step can begin from, do and keep; not validated. */
const MORE = smallRecipe({
  ...{ variant: "v1", width: 2, limitTrain: 5, batchSize: 3, microBatch: 2 },
  ...{ attackStart: "memory", firstSteps: 2, attackSteps: 1 },
  ...{ weightAverage: "ema", awp: 0.01, clipGradNorm: 0.5 },
});

/** What a run leaves that stops after each of `stops` and goes on to its end. */
async function resultOfRun(
  backend: Backend,
  recipe: Recipe,
  ...stops: (readonly [epoch: number, step: number])[]
): Promise<RunResult> {
  let result: RunResult | undefined;
  await inRunFolder(async (runDir) => {
    for (const stop of stops) await trainUntil(runDir, recipe, backend, ...stop);
    await trainIn(runDir, recipe, backend);
    result = await resultOf(runDir);
  });
  return result!;
}

onNaiveWebGpu("training leaves the same bytes every time, stopped or not", async (backend) => {
  const expected = await resultOfRun(backend, RECIPE);
  assert.ok("checkpoints/best" in expected.files);
  // The device's memory is no longer what it was.
  assert.deepEqual(await resultOfRun(backend, RECIPE), expected, "a second run");
  assert.deepEqual(
    await resultOfRun(backend, RECIPE, [1, 1], [2, 1]),
    expected,
    "a run that was stopped",
  );
});

onNaiveWebGpu(
  "a run from the memory, in parts, with an average, AWP and clipping ends in the same bytes when it was stopped within each epoch",
  async (backend) => {
    const expected = await resultOfRun(backend, MORE);
    assert.deepEqual(await resultOfRun(backend, MORE, [1, 1], [2, 1]), expected);
  },
);
