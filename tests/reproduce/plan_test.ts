import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { readRecipe } from "../../src/reproduce/named_flags.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import { loadTable, type TableFile } from "../../src/reproduce/table_file.ts";
import { madeTable } from "./made_table.ts";

const TABLE = madeTable() as TableFile;

Deno.test("planCells() goes seed by seed through the rows, each with the recipe of table, scale and row", () => {
  const cells = planCells(TABLE, { scale: "tiny", seeds: [3, 1] });
  assert.deepEqual(cells.map(({ name }) => name), [
    ...["v1-seed3", "plain-seed3", "v1-seed1", "plain-seed1"],
  ]);
  const { epochs, variant, seed, width } = cells[0]!.request.recipe;
  assert.deepEqual([epochs, variant, seed, width], [1, "v1", 3, 1]);
  assert.deepEqual(cells[0]!.request.evaluations, { clean: "all", pgd2: "all", autoattack: 1 });
});

Deno.test("planCells() makes the rows that are asked for, on at most so many images", () => {
  const cells = planCells(TABLE, { scale: "full", seeds: [1], only: ["plain"], nEx: 5 });
  assert.deepEqual(cells.map(({ name }) => name), ["plain-seed1"]);
  assert.equal(cells[0]!.request.recipe.epochs, 2);
  assert.deepEqual(cells[0]!.request.evaluations, { clean: 5, pgd2: 5, autoattack: 5 });
  const few = planCells(TABLE, { scale: "tiny", seeds: [1], nEx: 5 });
  assert.equal(few[0]!.request.evaluations.autoattack, 1, "the scale asks for fewer");
});

Deno.test("planCells() gives a cell the one of equal seed in the row that its helper names", async () => {
  const table = await loadTable("methods");
  const cells = planCells(table, { scale: "small", seeds: [2, 3], only: ["hat", "v1"] });
  assert.deepEqual(cells.map(({ name, helper }) => [name, helper?.name]), [
    ["hat-seed2", "standard-seed2"],
    ["v1-seed2", undefined],
    ["hat-seed3", "standard-seed3"],
    ["v1-seed3", undefined],
  ]);
  const [standard] = planCells(table, { scale: "small", seeds: [2], only: ["standard"] });
  assert.deepEqual(cells[0]!.helper, standard);
  const file = madeTable({
    rows: [{ name: "hat", label: "HAT", recipe: { variant: "hat", helper: "a/file" } }],
  }) as TableFile;
  assert.equal(planCells(file, { scale: "tiny", seeds: [1] })[0]!.helper, undefined);
});

Deno.test("planCells() gives a cell of raw weights the one whose run it measures", async () => {
  const table = await loadTable("beyond");
  const plan = (row: string) => planCells(table, { scale: "small", seeds: [2], only: [row] })[0]!;
  const raw = plan("memory-k2"), trained = plan("memory-k2-ema");
  assert.deepEqual(raw.trained, trained);
  assert.deepEqual(raw.request, { ...trained.request, weights: "raw" });
  assert.equal(raw.name, "memory-k2-seed2");
  assert.equal(plan("v1").trained, undefined);
});

Deno.test("planCells() refuses raw weights of a row that keeps no average at the scale", () => {
  const row = { name: "v1", label: "V1", recipe: {} };
  const plan = (recipe: object, ofScale: object) => () =>
    planCells(
      madeTable({
        rows: [{ ...row, recipe }, { ...row, name: "raw", rawOf: "v1" }],
        scales: { tiny: { recipe: ofScale, n: {} } },
      }) as TableFile,
      { scale: "tiny", seeds: [1] },
    );
  const refused =
    /Row raw of table made measures the raw weights of v1, which has no weight-average at scale tiny\.$/;
  const none = { "weight-average": "none" }, ema = { "weight-average": "ema" };
  assert.throws(plan({}, {}), refused);
  assert.throws(plan({}, none), refused);
  assert.throws(plan(none, ema), refused, "a row goes before its scale");
  assert.equal(plan({}, ema)().length, 2);
});

Deno.test("planCells() names the scale or row that the table lacks", () => {
  const plan = (scale: string, only: string[]) => () =>
    planCells(TABLE, { scale, seeds: [1], only });
  assert.throws(plan("huge", ["v1"]), /--scale huge is not in table made: it has full, tiny/);
  assert.throws(
    plan("toString", ["v1"]),
    /--scale toString is not in table made: it has full, tiny/,
  );
  assert.throws(plan("tiny", ["v1", "v2"]), /--only v2 is no row of table made: it has v1, plain/);
});

Deno.test("readRecipe() reads flags as the command line does", () => {
  const flags = { "attack-eps": "4/255", "limit-train": 7, deterministic: true };
  const input = readRecipe(flags, "here");
  const { threat, limitTrain, deterministic } = resolveRecipe({ variant: "v1", ...input });
  assert.deepEqual([threat.epsilon, limitTrain, deterministic], [4 / 255, 7, true]);
  for (
    const [wrong, sentence] of [
      [{ widht: 3 }, /^here has an unknown flag, widht: did you mean width\?$/],
      [{ limitTrain: 3 }, /^here has an unknown flag, limitTrain: did you mean limit-train\?$/],
      [
        { "attack.steps": 3 },
        /^here has an unknown flag, attack\.steps: did you mean attack-steps\?$/,
      ],
      [{ x: 3 }, /^here has an unknown flag, x\.$/],
      [{ width: 0 }, /^here: width must be a whole number .*, not "0"\.$/],
    ] as const
  ) {
    assert.throws(
      () => readRecipe(wrong, "here"),
      (error: unknown) => error instanceof UsageError && sentence.test(error.message),
    );
  }
});

Deno.test("the paper's table asks for the published recipe of every row", async () => {
  const table = await loadTable("paper");
  for (const { row, request } of planCells(table, { scale: "full", seeds: [2] })) {
    const given = readRecipe(request.recipe, row);
    const plain = resolveRecipe({ variant: given.variant!, seed: 2 });
    assert.deepEqual(resolveRecipe(given), plain, row);
  }
});
