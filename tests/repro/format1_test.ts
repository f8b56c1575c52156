import assert from "node:assert/strict";
import { join } from "@std/path";
import { FIELDS, RECIPE_FLAGS, valueAt } from "../../src/recipe/fields.ts";
import { readRunRecord, recipePath } from "../../src/run/folder/files.ts";
import { resumeRecipe } from "../../src/run/run_record.ts";
import { onWasm } from "../testing/device.ts";
import { smallRecipe, trainIn, trainUntil } from "../testing/runs.ts";
import { inTemporary } from "../memory/support.ts";

/** Writes the record of the run in `runDir` anew as it was before recipes were nested. */
async function writeFormat1(runDir: string): Promise<void> {
  const { recipe, ...rest } = await readRunRecord(runDir);
  const names = Object.keys(RECIPE_FLAGS);
  const fields = FIELDS.map(({ path }, i) => [names[i]!, valueAt(recipe, path)] as const);
  const since = ["cropPadding", "momentum", "baseMomentum", "weightDecay", "attackPrecision"];
  const flat = Object.fromEntries(fields.filter(([name]) => !since.includes(name)));
  await Deno.writeTextFile(
    recipePath(runDir),
    JSON.stringify({ ...rest, format: 1, recipe: flat }, null, 2) + "\n",
  );
}

onWasm(
  "train() continues a run of format 1 to the bytes that it would have had",
  (backend) =>
    inTemporary(async (directory) => {
      const [whole, begun] = ["whole", "begun"].map((name) => join(directory, name)) as [
        string,
        string,
      ];
      const recipe = smallRecipe({ variant: "v1", memoryAge: 1, seed: 4 });
      await trainIn(whole, recipe, backend);
      await trainUntil(begun, recipe, backend, 1, 2);
      await writeFormat1(begun);
      const before = await Deno.readTextFile(recipePath(begun));
      const { recipe: stored } = await readRunRecord(begun);
      assert.deepEqual(stored, recipe);
      assert.throws(() => resumeRecipe(stored, { seed: 5 }, "recipe.json"), {
        message: "--seed 5 differs from recipe.json, which has 4: " +
          "resume without it, or start a new run.",
      });
      await trainIn(begun, resumeRecipe(stored, { seed: 4 }, "recipe.json"), backend);
      const [expected, actual] = await Promise.all(
        [whole, begun].map((run) =>
          Deno.readFile(join(run, "checkpoints", "epoch-002.safetensors"))
        ),
      );
      assert.deepEqual(actual, expected);
      assert.equal(
        await Deno.readTextFile(recipePath(begun)),
        before,
        "the record stays as it was",
      );
    }),
);
