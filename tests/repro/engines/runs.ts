/**
 * A script that trains small runs in the folder it is given, on the data of another: what it leaves is compared between
 * JavaScript engines. Between them the runs use every function of `src/elementary/`.
 *
 * @module
 */
import { join } from "@std/path";
import { type RecipeFlags, recipeInput } from "../../../src/recipe/fields.ts";
import { startRun } from "../../../src/train/start.ts";

/** What each run is, by its folder's name. */
const RUNS: Record<string, RecipeFlags> = {
  v1: { variant: "v1", attackSteps: 2, epochs: 2 },
  mart: { variant: "mart", attackSteps: 1, schedule: "cosine", epochs: 2 },
  "pgd-at": { variant: "pgd-at", attackSteps: 1, attackNorm: "l2", epochs: 1 },
};

const [runsDir, dataDir] = Deno.args as [string, string];
for (const [name, flags] of Object.entries(RUNS)) {
  const small: RecipeFlags = { width: 1, batchSize: 16, limitTrain: 64, lr: 0.05, select: "none" };
  const engine: RecipeFlags = { backend: "wasm", workers: 1, deterministic: true };
  const recipe = recipeInput({ ...small, ...engine, ...flags, dataDir });
  await startRun(recipe, join(runsDir, name));
}
