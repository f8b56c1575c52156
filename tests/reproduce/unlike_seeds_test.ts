import assert from "node:assert/strict";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import type { Cell } from "../../src/reproduce/cell.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import type { TableFile } from "../../src/reproduce/table_file.ts";
import { unlikeSeeds } from "../../src/reproduce/unlike_seeds.ts";
import { madeCell } from "./made_cell.ts";
import { madeTable } from "./made_table.ts";

const TABLE = madeTable() as TableFile;

/** Cells of V1 with the seeds 1, 2 and 3, of these recipes and of whatever else is said of each. */
function cells(recipes: readonly RecipeInput[], more: readonly Partial<Cell>[] = []): Cell[] {
  const plans = planCells(TABLE, { scale: "tiny", seeds: [1, 2, 3], only: ["v1"] });
  return plans.map((plan, i) => ({
    ...madeCell(plan),
    recipe: { ...resolveRecipe({ variant: "v1", ...recipes[i] ?? recipes[0], seed: plan.seed }) },
    ...more[i],
  }));
}

Deno.test("unlikeSeeds() says which seeds of a row are of another recipe, but for what may differ", () => {
  assert.deepEqual(unlikeSeeds(TABLE, cells([{ backend: "wasm" }, { backend: "webgpu" }])), []);
  assert.deepEqual(unlikeSeeds(TABLE, cells([{}, { batchSize: 999 }])), [
    "Not one kind of run: V1: --batch-size is 128 for seeds 1, 3 and 999 for seed 2.",
  ]);
});

Deno.test("unlikeSeeds() takes a field that an earlier program did not have for its default", () => {
  const [first, ...rest] = cells([{}]);
  const { model: _model, cropPadding: _padding, ...recipe } = first!.recipe;
  assert.deepEqual(unlikeSeeds(TABLE, [{ ...first!, recipe }, ...rest]), []);
});

Deno.test("unlikeSeeds() says which seeds trained or were tested on other images, unless the seed makes them", () => {
  const clean = (imagesSha256?: string) => {
    const found = madeCell(planCells(TABLE, { scale: "tiny", seeds: [1] })[0]!).evaluations.clean!;
    return { clean: { ...found, ...imagesSha256 && { imagesSha256 } } };
  };
  const more = [
    { dataSha256: "a", evaluations: clean() }, // of an earlier program
    { dataSha256: "b", evaluations: clean("c") },
    { dataSha256: "a", evaluations: clean("d") },
  ];
  assert.deepEqual(unlikeSeeds(TABLE, cells([{}], more)), [
    "Not one kind of run: V1: the training images have SHA-256 a for seeds 1, 3 and b for seed 2.",
    "Not one kind of run: V1: the test images of clean have SHA-256 c for seed 2 and d for seed 3.",
  ]);
  assert.deepEqual(unlikeSeeds(TABLE, cells([{}], more.slice(0, 1))).length, 1, "i for the others");
  assert.deepEqual(unlikeSeeds(TABLE, cells([{ data: "synthetic" }], more)), []);
});
