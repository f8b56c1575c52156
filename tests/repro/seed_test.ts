import assert from "node:assert/strict";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import type { Backend } from "../../src/backend/backend.ts";
import { eachBackend } from "../testing/backends.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { smallRecipe, trainIn, trainUntil } from "../testing/runs.ts";
import { inRunFolder, readLog, resultOf, type RunResult } from "./support.ts";

onOneThread();

async function resultsOf(backend: Backend, ...inputs: RecipeFlags[]): Promise<RunResult[]> {
  const results: RunResult[] = [];
  for (const input of inputs) {
    await inRunFolder(async (runDir) => {
      await trainIn(runDir, smallRecipe(input), backend);
      results.push(await resultOf(runDir));
    });
  }
  return results;
}

/** Trains three times, the last time from another seed. */
async function assertSeeded(backend: Backend, recipe: RecipeFlags, written: string[]) {
  const [first, again, other] = await resultsOf(
    backend,
    { ...recipe, seed: 1 },
    { ...recipe, seed: 1 },
    { ...recipe, seed: 2 },
  );
  assert.deepEqual(again, first);
  assert.deepEqual(Object.keys(first!.files), [
    ...[...written, "checkpoints/committed.json", "checkpoints/last"].sort(),
  ]);
  for (const file of written) assert.notEqual(other!.files[file], first!.files[file], file);
}

/** Epochs of two steps. The shapes are those of `learner_test.ts`: Mesa keeps their kernels. */
const V1 = { variant: "v1", width: 2, limitTrain: 12, batchSize: 6, attackSteps: 1 } as const;

eachBackend(
  "train() writes the same bytes for the same seed and others for another",
  (backend) =>
    assertSeeded(backend, V1, [
      "checkpoints/epoch-002.safetensors",
      "memory/generation-0002/chunk-0000.bin",
      "memory/generation-0002/manifest.json",
    ]),
);

eachBackend("train() stopped in an epoch and continued writes the same bytes", async (backend) => {
  const recipe = smallRecipe(V1);
  const [expected] = await resultsOf(backend, V1);
  await inRunFolder(async (runDir) => {
    await trainUntil(runDir, recipe, backend, 2, 1);
    assert.equal((await readLog(runDir)).at(-1)!.step, 1);
    await trainIn(runDir, recipe, backend);
    assert.deepEqual(await resultOf(runDir), expected);
  });
});

for (const variant of ["trades", "pgd-at", "standard"] as const) {
  onWasm(
    `train() writes the same bytes for the same seed and others for another, ${variant}`,
    (backend) => assertSeeded(backend, { variant }, ["checkpoints/epoch-002.safetensors"]),
  );
}
