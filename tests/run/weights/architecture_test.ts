import assert from "node:assert/strict";
import { join } from "@std/path";
import { evaluateRun } from "../../../src/evaluate/evaluate_run.ts";
import { ARCHITECTURE_NAMES } from "../../../src/model/architectures/architectures.ts";
import type { RecipeInput } from "../../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import { readRunRecord } from "../../../src/run/folder/files.ts";
import { startRun } from "../../../src/train/start.ts";
import { inTemporary } from "../../memory/support.ts";

const RECIPE: RecipeInput = {
  ...{ variant: "v1", data: "synthetic", limitTrain: 8, limitTest: 4, width: 1, workers: 1 },
  ...{ epochs: 2, batchSize: 8, attack: { steps: 1 }, select: "none", backend: "wasm" },
};

for (const model of ARCHITECTURE_NAMES.slice(1)) {
  Deno.test(`startRun() trains a ${model}, which evaluateRun() and another run take up`, () =>
    inTemporary(async (folder) => {
      const run = join(folder, "run"), next = join(folder, "next");
      await startRun({ ...RECIPE, model }, run);
      const { clean } = await evaluateRun(run, { attacks: ["clean"] });
      assert.equal(clean!.n, 4);
      const from = join(run, "checkpoints", "last"), { width: _, ...rest } = RECIPE;
      await startRun({ ...rest, from, epochs: 1 }, next);
      const { recipe } = await readRunRecord(next);
      assert.deepEqual([recipe.model, recipe.width], [model, 1]);
      const other = startRun({ ...rest, from, model: "resnet18" }, join(folder, "other"));
      await assert.rejects(other, {
        name: "UsageError",
        message:
          `--model resnet18 is not that of --from ${from}, which is ${model}: leave it out, ` +
          `or, if a --recipe says either, give --model ${model} or --from none.`,
      });
    }));
}

Deno.test("resolveRecipe() gives each network its published width", () => {
  const widths = ARCHITECTURE_NAMES.map((model) => resolveRecipe({ model }).width);
  assert.deepEqual(widths, [64, 64, 16, 16, 96]);
});
