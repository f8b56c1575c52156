import assert from "node:assert/strict";
import { type ComparedRun, compareRuns } from "../../src/report/compare.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import { evaluationsOf } from "../../src/report/run_evaluations.ts";
import { recordOf, smallRecipe } from "../testing/runs.ts";
import { evaluation } from "./tables/made_runs.ts";

/** A run that was trained on images of this digest, with what it got right on its test images. */
function run(flags: RecipeFlags, images: string, verdicts: string): ComparedRun {
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

Deno.test("compareRuns() draws nothing from single images of two runs that saw others", () => {
  const cifar = run({ data: "cifar10" }, "a", "1100");
  const trades = run({ data: "cifar10", variant: "trades" }, "a", "1000");
  const of = (each: ComparedRun, imagesSha256: string) => ({
    ...each,
    evaluations: each.evaluations.map((found) => ({ ...found, imagesSha256 })),
  });
  const paired = (...runs: ComparedRun[]) =>
    compareRuns(runs).differences[0]!.overImages !== undefined;
  assert.equal(paired(cifar, trades), true);
  assert.equal(paired(cifar, run({ data: "svhn" }, "b", "1100")), false);
  const npz = { data: "npz", testFraction: 0.5 } as const;
  const found = run(npz, "c", "1100");
  assert.equal(paired(found, run({ ...npz, variant: "trades" }, "c", "1000")), true);
  assert.equal(paired(found, run({ ...npz, variant: "trades" }, "d", "1000")), false);
  assert.equal(paired(of(cifar, "i"), of(trades, "i")), true);
  assert.equal(paired(of(cifar, "i"), of(trades, "j")), false, "another --data-dir to evaluate");
});

Deno.test("compareRuns() mixes no accuracies on other test images in a row, which has a column for each", () => {
  const on = (seed: number, variant: "v1" | "trades", verdicts: Record<string, string>) => {
    const each = run({ seed, variant, data: "npz" }, "a", "");
    const evaluations = Object.entries(verdicts).map(([images, found]) => ({
      ...each.evaluations[0]!,
      imagesSha256: images.repeat(64),
      result: evaluation(found),
    }));
    return { ...each, evaluations };
  };
  const { columns, rows, differences } = compareRuns([
    ...[on(1, "v1", { b: "1100", c: "1111" }), on(2, "v1", { b: "1110" })],
    on(1, "trades", { c: "1000" }),
  ]);
  const [first, second] = ["clean n4 images bbbbbbbbbbbb", "clean n4 images cccccccccccc"] as const;
  assert.deepEqual(columns.map(({ name }) => name), [first, second]);
  assert.equal(columns[0]!.label, "clean, n = 4, images bbbbbbbbbbbb");
  const seeds = rows.map(({ results }) =>
    [first, second].map((name) => results[name]?.seeds.length)
  );
  assert.deepEqual(seeds, [[2, 1], [undefined, 1]]);
  assert.deepEqual(differences.map(({ column, overImages }) => [column, overImages?.n]), [[
    second,
    4,
  ]]);
  const columnsOf = (...runs: ComparedRun[]) => compareRuns(runs).columns.map(({ name }) => name);
  assert.deepEqual(columnsOf(on(1, "v1", { b: "11" }), on(1, "trades", { c: "10" })), ["clean n2"]);
});

Deno.test("compareRuns() says which runs have not come to their end", () => {
  const whole = run({ seed: 1 }, "a", "1100");
  const { notes } = compareRuns([whole, { ...run({ seed: 2 }, "b", "1110"), stoppedAfter: 1 }]);
  assert.ok(notes.includes("Not trained to the end: v1 seed 2 (1 of 2 epochs)."), notes.join("\n"));
  assert.ok(!compareRuns([whole]).notes.some((note) => note.startsWith("Not trained")));
});

/** Weights whose copy has this digest. */
const given = (digest: string) => ({
  sha256: `${digest}-file`,
  copySha256: digest.repeat(64),
  normalised: false,
});

/** A run of HAT whose helper, in a place of its own, is the run of `helper` or a file. */
function helped(seed: number, weights: string, helper?: RecipeFlags): ComparedRun {
  const hat = run({ seed, variant: "hat", helper: `place-${seed}` }, "a", "1100");
  const record = { ...hat.record, helper: given(weights) };
  return { ...hat, record, ...helper && { helper: recordOf(smallRecipe(helper)) } };
}

Deno.test("compareRuns() has one row for HAT whose helpers differ in their seed alone", () => {
  const labels = (...runs: ComparedRun[]) => compareRuns(runs).rows.map(({ label }) => label);
  const standard = { variant: "standard" } as const;
  const first = helped(1, "a", { ...standard, seed: 1 });
  const { rows, notes } = compareRuns([first, helped(2, "b", { ...standard, seed: 2 })]);
  assert.deepEqual(rows.map(({ label, results }) => [label, results["clean n4"]!.seeds.length]), [
    ["hat", 2],
  ]);
  assert.ok(notes.some((note) => note.includes("in that of their helpers")));
  const other = labels(first, helped(2, "b", { ...standard, seed: 2, epochs: 3 }));
  assert.equal(other.length, 2);
  for (const label of other) assert.match(label, /^hat, helper standard [0-9a-f]{12}$/);
});

Deno.test("compareRuns() has one row for HAT with one helper that was found from some of its runs alone", () => {
  const standard = { variant: "standard" } as const;
  const { rows } = compareRuns([helped(1, "a"), helped(2, "a", standard), helped(3, "a")]);
  assert.deepEqual(rows.map(({ label }) => label), ["hat"]);
});

Deno.test("compareRuns() knows helpers and given weights by their digest, wherever they lay", () => {
  const labels = (...runs: ComparedRun[]) => compareRuns(runs).rows.map(({ label }) => label);
  assert.deepEqual(labels(helped(1, "a"), helped(2, "a")), ["hat"]);
  assert.deepEqual(labels(helped(1, "a"), helped(2, "b")), [
    ...["hat, helper aaaaaaaaaaaa", "hat, helper bbbbbbbbbbbb"],
  ]);
  const tuned = (seed: number, weights: string) => {
    const each = run({ seed, from: `place-${seed}` }, "a", "1100");
    return { ...each, record: { ...each.record, from: given(weights) } };
  };
  assert.deepEqual(labels(tuned(1, "a"), tuned(2, "a")), ["v1"]);
  assert.deepEqual(labels(tuned(1, "a"), tuned(2, "b")), [
    ...["v1, from aaaaaaaaaaaa", "v1, from bbbbbbbbbbbb"],
  ]);
});

Deno.test("compareRuns() says of which runs AutoAttack warned", () => {
  const warned = (seed: number): ComparedRun => {
    const made = run({ seed }, "a", "1100");
    const evaluations = evaluationsOf({
      checkpoint: { sha256: "c" },
      attack: { norm: "linf", fraction: "8/255", restarts: 1 },
      seed,
      autoattack: { ...evaluation("1100"), version: "standard", warnings: ["No gradients."] },
    });
    return { ...made, evaluations };
  };
  assert.ok(
    compareRuns([warned(2), warned(1)]).notes.includes(
      "Warning of AutoAttack, L∞ 8/255, n = 4 (v1 seeds 1, 2): No gradients.",
    ),
  );
});

Deno.test("compareRuns() takes the evaluation drawn with the run's own seed, else the first by file name", () => {
  const made = run({ seed: 1 }, "a", "");
  const mean = (found: Record<number, string>, seeds: readonly number[]) => {
    const evaluations = seeds.map((seed) => ({
      ...made.evaluations[0]!,
      name: "pgd20",
      seed,
      result: evaluation(found[seed]!),
    }));
    const { rows: [row], columns: [column] } = compareRuns([{ ...made, evaluations }]);
    return row!.results[column!.name]!.mean;
  };
  const found = { 0: "1000", 1: "1100", 2: "1110" };
  assert.equal(mean(found, [0, 1, 2]), 0.5);
  assert.equal(mean(found, [2, 0]), 0.75);
});
