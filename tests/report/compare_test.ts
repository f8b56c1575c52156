import assert from "node:assert/strict";
import { compareRuns } from "../../src/report/compare.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import { recordOf, smallRecipe } from "../testing/runs.ts";
import { evaluation } from "./tables/made_runs.ts";

/** A run that was trained on images of this digest, with what it got right on its test images. */
function run(flags: RecipeFlags, images: string, verdicts: string) {
  const recipe = smallRecipe(flags);
  const asked = { name: "clean", norm: "linf", radius: "8/255", restarts: 1, seed: recipe.seed };
  return {
    directory: `${recipe.variant}-${recipe.seed}`,
    record: { ...recordOf(recipe), dataSha256: images.repeat(64) },
    evaluations: [{ ...asked, result: evaluation(verdicts) }],
  };
}

Deno.test("compareRuns() averages the seeds of data that are made from the seed, each on its own images", () => {
  const { rows, differences, notes } = compareRuns([
    ...[run({ seed: 1 }, "a", "1100"), run({ seed: 2 }, "b", "1110")],
    ...[
      run({ seed: 1, variant: "trades" }, "a", "1000"),
      run({ seed: 2, variant: "trades" }, "b", "0000"),
    ],
  ]);
  assert.deepEqual(rows.map(({ label }) => label), ["v1", "trades"]);
  assert.equal(rows[0]!.results["clean n4"]!.mean, 0.625);
  const [{ seeds, overSeeds, overImages }] = differences as [typeof differences[number]];
  assert.deepEqual(seeds, [1, 2]);
  assert.ok(overSeeds);
  assert.deepEqual(overImages!.mcNemar.map(({ seed }) => seed), [1, 2]);
  assert.ok(
    notes.some((note) => note.startsWith("The images of synthetic are made from the seed")),
  );
});

Deno.test("compareRuns() keeps runs on other images apart where the seed does not make them", () => {
  const files = { data: "cifar10" } as const;
  const { rows, notes } = compareRuns([
    run({ seed: 1, ...files }, "a", "1100"),
    run({ seed: 2, ...files }, "b", "1100"),
  ]);
  const labels = ["v1, training images aaaaaaaaaaaa", "v1, training images bbbbbbbbbbbb"];
  assert.deepEqual(rows.map(({ label }) => label), labels);
  assert.ok(!notes.some((note) => note.includes("made from the seed")));
});

Deno.test("compareRuns() says which runs trained on images that the seed made", () => {
  const { rows } = compareRuns([
    run({ seed: 1 }, "a", "1100"),
    run({ seed: 1, auxData: "1m.npz", auxFraction: 0.5 }, "b", "1100"),
  ]);
  assert.deepEqual(rows.map(({ label }) => label), [
    "v1, training images made from the seed, aux-fraction none",
    "v1, training images bbbbbbbbbbbb, aux-fraction 0.5",
  ]);
});
