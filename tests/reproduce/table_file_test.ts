import assert from "node:assert/strict";
import { join } from "@std/path";
import { UsageError } from "../../src/errors.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { readRecipeFile } from "../../src/run/recipe_file.ts";
import { readRecipe } from "../../src/reproduce/named_flags.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import { loadTable } from "../../src/reproduce/table_file.ts";
import { inTemporary } from "../memory/support.ts";
import { madeTable } from "./made_table.ts";

Deno.test("loadTable() knows the paper's table, with what the paper says", async () => {
  const { rows, columns, scales } = await loadTable("paper");
  const published = rows.map(({ name, published }) => [
    name,
    published?.clean,
    published?.autoattack,
  ]);
  assert.deepEqual(published, [
    ["v1", 84.52, 48.87],
    ["v2", 83.54, 48.6],
    ["v3", 82.19, 48.58],
    ["trades", undefined, undefined],
    ["pgd-at", undefined, undefined],
    ["mart", undefined, undefined],
  ]);
  assert.deepEqual(columns.map(({ name }) => name), ["clean", "pgd20", "autoattack"]);
  assert.deepEqual(scales.small, {
    recipe: { ...{ width: 16, epochs: 8, select: "none" }, "limit-train": 12000 },
    n: { autoattack: 500 },
  });
});

Deno.test("loadTable() knows a table of methods, whose cells are those of the paper's table where rows are the same", async () => {
  const methods = await loadTable("methods"), paper = await loadTable("paper");
  const options = { scale: "small", seeds: [1, 2] };
  const ofPaper = new Map(planCells(paper, options).map((plan) => [plan.name, plan]));
  const both = planCells(methods, options).filter(({ name }) => ofPaper.has(name));
  assert.deepEqual(both.map(({ name }) => name), [
    ...["pgd-at-seed1", "trades-seed1", "mart-seed1", "v1-seed1"],
    ...["pgd-at-seed2", "trades-seed2", "mart-seed2", "v1-seed2"],
  ]);
  for (const { name, request } of both) {
    assert.deepEqual(request, ofPaper.get(name)!.request, `a file of ${name} serves both`);
  }
});

Deno.test("loadTable() knows a table of V1 with fewer steps, from noise and from the memory, each with and without EMA, of realigned views alone, and of memloss-best", async () => {
  const beyond = await loadTable("beyond"), paper = await loadTable("paper");
  const all = planCells(beyond, { scale: "small", seeds: [1] });
  const plans = all.filter(({ row }) => row !== "best" && row !== "noise-k3-realigned");
  const [v1] = planCells(paper, { scale: "small", seeds: [1], only: ["v1"] });
  assert.deepEqual(plans[0]!.request, v1!.request, "the paper's table has that cell too");
  const recipes = plans.map(({ row, request }) => {
    const { variant, attack, memory, optimiser } = resolveRecipe(readRecipe(request.recipe, row));
    const { start, steps, stepSize, firstSteps } = attack!;
    assert.equal(variant, "v1");
    assert.equal(memory!.view, start === "memory" ? "realigned" : "stored", row);
    const average = request.weights ?? optimiser.emaDecay;
    return [row, start, steps, Math.round(255 * stepSize), firstSteps, average];
  });
  const none = undefined,
    both = (name: string, ...attack: unknown[]) => [
      [name, ...attack, name === "v1" ? none : "raw"],
      [`${name}-ema`, ...attack, 0.999],
    ];
  assert.deepEqual(recipes, [
    ...both("v1", "noise", 10, 2, none),
    ...both("noise-k3", "noise", 3, 4, none),
    ...both("noise-k2", "noise", 2, 6, none),
    ...both("memory-k3", "memory", 3, 6, 10),
    ...both("memory-k2", "memory", 2, 8, 10),
  ]);
  const resolved = (name: string) =>
    resolveRecipe(readRecipe(all.find(({ row }) => row === name)!.request.recipe, name));
  const { memory, optimiser, ...realigned } = resolved("noise-k3-realigned");
  const control = resolved("noise-k3-ema"), from = resolved("memory-k3-ema");
  assert.deepEqual(memory, from.memory, "the view of those that start from the memory");
  assert.deepEqual({ ...control, ...realigned }, control, "all else as from noise");
  const { average: _, emaDecay: __, ...rates } = control.optimiser;
  assert.deepEqual(optimiser, { ...rates, average: "none" });
  const [asked] = planCells(beyond, { scale: "full", seeds: [1], only: ["best"] });
  const file = await readRecipeFile(join(import.meta.dirname!, "../../recipes/memloss-best.json"));
  assert.deepEqual(
    resolveRecipe(readRecipe(asked!.request.recipe, "best")),
    resolveRecipe({ ...file, seed: 1 }),
  );
});

Deno.test("loadTable() refuses a file that is no table, and says where", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "table.json");
    const row = { name: "v1", label: "V1", recipe: {} };
    const averaged = { ...row, recipe: { "weight-average": "ema" } };
    const raw = { ...row, name: "raw", rawOf: "v1" };
    const cases: [unknown, RegExp][] = [
      [{ ...madeTable(), format: 2 }, /table\.json is no table: format must be 1, not 2\.$/],
      [madeTable({ title: undefined }), /is no table: it has no title\.$/],
      [madeTable({ rows: [] }), /is no table: rows must not be empty\.$/],
      [madeTable({ rows: [{ ...row, name: "../up" }] }), /row 1, name must be letters/],
      [
        madeTable({ rows: [row, { name: "v2", recipe: {} }] }),
        /is no table: row 2 has no label\.$/,
      ],
      [
        madeTable({ rows: [{ ...row, lable: "V" }] }),
        /is no table: row 1 has "lable", which it cannot have\.$/,
      ],
      [
        madeTable({ rows: [{ ...row, recipe: { epoch: 3 } }] }),
        /^The recipe of row v1 in table .*table\.json has an unknown flag, epoch: did you mean epochs\?$/,
      ],
      [
        madeTable({ recipe: { limitTrain: 3 } }),
        /^The recipe of table .*table\.json has an unknown flag, limitTrain: did you mean limit-train\?$/,
      ],
      [
        madeTable({ scales: { tiny: { recipe: { width: 0 }, n: {} } } }),
        /^The recipe of scale tiny in table .*table\.json: width must be a whole number /,
      ],
      [madeTable({ recipe: [] }), /is no table: recipe must be an object\.$/],
      [madeTable({ rows: [row, row] }), /is no table: it has v1 twice/],
      [madeTable({ rows: [{ ...row, rawOf: "v9" }] }), /is no table: rawOf of v1 is no row/],
      [
        madeTable({ recipe: { "weight-average": "ema" }, rows: [{ ...raw, rawOf: "raw" }] }),
        /is no table: raw, of raw, has rawOf, and no run/,
      ],
      [
        madeTable({ rows: [averaged, raw, { ...row, name: "h", recipe: { helper: "raw" } }] }),
        /is no table: the helper of h has rawOf, and no run/,
      ],
      [
        madeTable({ rows: [row, { ...raw, recipe: { beta: 1 } }] }),
        /is no table: raw has a recipe, and rawOf beside it/,
      ],
      [
        madeTable({ columns: [{ name: "deepfool", label: "DeepFool" }] }),
        /column 1, name must be clean/,
      ],
      [
        madeTable({ claims: [{ text: "x", column: "clean", order: ["v1", "v9"] }] }),
        /is no table: it has no row v9/,
      ],
      [
        madeTable({ scales: { tiny: { recipe: {}, n: { cw20: 3 } } } }),
        /is no table: it has no column cw20/,
      ],
      [
        madeTable({ rows: [{ ...row, recipe: { variant: "hat", helper: "v1" } }] }),
        /is no table: the helper of v1 has a row for a helper itself/,
      ],
    ];
    for (const [json, sentence] of cases) {
      await Deno.writeTextFile(path, JSON.stringify(json));
      await assert.rejects(
        loadTable(path),
        (error: unknown) => error instanceof UsageError && sentence.test(error.message),
        String(sentence),
      );
    }
    const { claims: _, ...unclaimed } = madeTable();
    await Deno.writeTextFile(path, JSON.stringify(unclaimed));
    assert.deepEqual((await loadTable(path)).claims, [], "none unless given");
    const twice = JSON.stringify(madeTable()).replace("{", '{"title":"Other",');
    await Deno.writeTextFile(path, twice);
    await assert.rejects(loadTable(path), /is no table: it has "title" twice in one place\.$/);
    await Deno.writeTextFile(path, "{");
    await assert.rejects(loadTable(path), /table\.json is not valid JSON: /);
    await assert.rejects(loadTable(join(directory, "none.json")), /none\.json does not exist/);
    await assert.rejects(loadTable("papre"), /--table papre is none of paper/);
  }));

Deno.test("docs/tables.md shows a table that can be made", () =>
  inTemporary(async (directory) => {
    const document = await Deno.readTextFile(new URL("../../docs/tables.md", import.meta.url));
    const path = join(directory, "shown.json");
    await Deno.writeTextFile(path, /```json\n([^]*?)```/.exec(document)![1]!);
    const table = await loadTable(path);
    const cells = planCells(table, { scale: "small", seeds: [1] });
    const recipes = cells.map(({ request }) => resolveRecipe(readRecipe(request.recipe, "shown")));
    assert.deepEqual(recipes.map(({ beta, width }) => [beta, width]), [[1, 16], [6, 16]]);
  }));
