import assert from "node:assert/strict";
import { join } from "@std/path";
import { cellPath, cellsFolder, writeCell } from "../../src/reproduce/cell.ts";
import { cellRun } from "../../src/reproduce/make_cell.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import type { TableFile } from "../../src/reproduce/table_file.ts";
import { writeTable } from "../../src/reproduce/write_table.ts";
import { inTemporary } from "../memory/support.ts";
import { makeRun } from "../report/page/made_run.ts";
import { madeCell } from "./made_cell.ts";
import { madeTable } from "./made_table.ts";

const TABLE = madeTable() as unknown as TableFile;
const OPTIONS = {
  scale: "tiny",
  seeds: [1],
  command: (seeds: readonly number[]) => `memloss reproduce ${seeds}`,
};

/** Both rows' cells in `out`, with their runs. */
async function makeCells(out: string): Promise<void> {
  await Deno.mkdir(cellsFolder(out));
  for (const plan of planCells(TABLE, OPTIONS)) {
    await writeCell(out, plan.name, madeCell(plan));
    const recipe = { variant: "v1", width: 1, epochs: 1 } as const;
    await makeRun(cellRun(out, plan), { recipe, stepsPerEpoch: 2, evaluated: 10 });
  }
}

/** What `report.html` says beside its script and style. */
async function pageIn(out: string): Promise<string> {
  const page = await Deno.readTextFile(join(out, "report.html"));
  return page.replace(/<script[^]*$/, "").replace(/<style>[^]*?<\/style>/, "");
}

Deno.test("writeTable() draws the run of each row's first seed", () =>
  inTemporary(async (out) => {
    await makeCells(out);
    await writeTable(out, TABLE, OPTIONS);
    const page = await pageIn(out);
    for (const name of ["v1-seed1", "plain-seed1"]) {
      assert.match(page, new RegExp(`<h2><span class="run-name">.*${name}`));
    }
    assert.doesNotMatch(page, /is not drawn/);
  }));

Deno.test("writeTable() writes the table whatever became of its runs, and says which it does not draw", () =>
  inTemporary(async (out) => {
    await makeCells(out);
    const whole = await writeTable(out, TABLE, OPTIONS);
    const run = cellRun(out, { name: "v1-seed1" }), log = join(run, "metrics.jsonl");
    const damages: [RegExp, () => Promise<void>][] = [
      [
        /v1-seed1\/eval\/other\.json.*\.<\/p>/,
        () => Deno.mkdir(join(run, "eval", "other.json")),
      ],
      [/v1-seed1\/metrics\.jsonl.*\.<\/p>/, async () => {
        await Deno.remove(join(run, "eval"), { recursive: true });
        await Deno.remove(log);
        await Deno.mkdir(log);
      }],
      [
        /recipe\.json is not valid JSON: is it a recipe that memloss wrote\?\.?<\/p>/,
        () => Deno.writeTextFile(join(run, "recipe.json"), "{"),
      ],
      [
        /There is no run folder [^<]*v1-seed1\.<\/p>/,
        () => Deno.remove(run, { recursive: true }),
      ],
    ];
    for (const [said, damage] of damages) {
      await damage();
      await Deno.remove(join(out, "report.html"));
      assert.equal(await writeTable(out, TABLE, OPTIONS), whole);
      const page = await pageIn(out);
      assert.match(page, new RegExp(`A run is not drawn: .*${said.source}`));
      assert.match(page, /<h2><span class="run-name">.*plain-seed1/, "the other one is drawn");
    }
    await Deno.remove(join(out, "runs"), { recursive: true });
    assert.equal(await writeTable(out, TABLE, OPTIONS), whole);
    assert.equal([...(await pageIn(out)).matchAll(/A run is not drawn/g)].length, 2);
  }));

Deno.test("writeTable() counts no copy of a cell, and says which files it left out", () =>
  inTemporary(async (out) => {
    await makeCells(out);
    const whole = await writeTable(out, TABLE, OPTIONS);
    const copies = ["v1-seed1 copy", "v1-seed1 (1)", "Copy of v1-seed1", "v1-seed01", "conflict"];
    for (const name of copies) {
      await Deno.copyFile(cellPath(out, "v1-seed1"), cellPath(out, name));
    }
    await Deno.copyFile(cellPath(out, "v1-seed1"), cellPath(out, "other-seed1"));
    await Deno.writeTextFile(cellPath(out, "notes"), "{");
    const left = [...copies, "notes"].sort().map((name) =>
      `- Left out: cells/${name}.json, whose name is not that of a cell.\n`
    );
    const found = await writeTable(out, TABLE, OPTIONS);
    for (const line of left) assert.ok(found.includes(line), line);
    assert.equal(left.reduce((text, line) => text.replace(line, ""), found), whole);
  }));

Deno.test("writeTable() refuses the cell of one row or seed under the name of another", () =>
  inTemporary(async (out) => {
    const rows = [...TABLE.rows, { ...TABLE.rows[0]!, name: "again" }], table = { ...TABLE, rows };
    await makeCells(out);
    for (const [name, said] of [["again-seed1", "row v1"], ["v1-seed2", "--seed 1"]] as const) {
      await Deno.copyFile(cellPath(out, "v1-seed1"), cellPath(out, name));
      const refusal = new RegExp(`${name}.json was made with ${said}, and this table asks for`);
      await assert.rejects(writeTable(out, table, OPTIONS), refusal);
      await Deno.remove(cellPath(out, name));
    }
  }));

Deno.test("writeTable() draws nothing from single images of two rows that saw others", () =>
  inTemporary(async (out) => {
    const [v1, plain] = TABLE.rows as [TableFile["rows"][number], TableFile["rows"][number]];
    const svhn = { ...plain, recipe: { ...plain.recipe, data: "svhn" } };
    const overImages = async (rows: TableFile["rows"], digests: readonly string[] = []) => {
      const table = { ...TABLE, rows };
      for (const plan of planCells(table, OPTIONS)) {
        const { request: { recipe }, row, name } = plan, cell = madeCell(plan);
        const imagesSha256 = digests[rows.findIndex((each) => each.name === row)];
        const clean = { ...cell.evaluations.clean!, ...imagesSha256 && { imagesSha256 } };
        const made = { ...cell.recipe, data: recipe.data };
        await writeCell(out, name, { ...cell, recipe: made, evaluations: { clean } });
      }
      await writeTable(out, table, OPTIONS);
      const { differences } = JSON.parse(await Deno.readTextFile(join(out, "table.json")));
      return differences[0].overImages?.n;
    };
    await Deno.mkdir(cellsFolder(out));
    assert.equal(await overImages([v1, plain]), 2);
    assert.equal(await overImages([v1, svhn]), undefined);
    assert.equal(await overImages([v1, plain], ["a", "a"]), 2);
    assert.equal(await overImages([v1, plain], ["a", "b"]), undefined, "two sets of one name");
    assert.equal(await overImages([v1, plain], ["a"]), 2, "an earlier program's cell beside it");
  }));

Deno.test("writeTable() says which cells have learnt from another helper than the run that is here now", () =>
  inTemporary(async (out) => {
    const recipe = { variant: "hat", helper: "plain" };
    const rows = [...TABLE.rows, { name: "hat", label: "HAT", recipe }];
    const table = { ...TABLE, rows };
    const [, plain, hat] = planCells(table, OPTIONS), now = "c"; // that of madeCell()
    await Deno.mkdir(cellsFolder(out));
    const noted = async () =>
      /^- Out of date: hat-seed1 has learnt/m.test(
        await writeTable(out, table, OPTIONS),
      );
    await writeCell(out, plain!.name, madeCell(plain!));
    for (
      const [helperSha256, said] of [[now, false], ["another", true], [undefined, false]] as const
    ) {
      await writeCell(out, hat!.name, { ...madeCell(hat!), ...helperSha256 && { helperSha256 } });
      assert.equal(await noted(), said, helperSha256);
    }
    await writeCell(out, hat!.name, { ...madeCell(hat!), helperSha256: "another" });
    await Deno.remove(cellPath(out, plain!.name));
    assert.equal(await noted(), false, "there is no helper");
    await makeRun(cellRun(out, plain!), {
      recipe: { variant: "standard", width: 1, epochs: 1, select: "none" },
      stepsPerEpoch: 1,
    });
    assert.equal(await noted(), true, "its run is there");
  }));

Deno.test("writeTable() says which program trained and which evaluated, and the command with the seeds of all cells", () =>
  inTemporary(async (out) => {
    const [one, two] = planCells(TABLE, { ...OPTIONS, seeds: [3, 1], only: ["v1"] });
    await Deno.mkdir(cellsFolder(out));
    const made = async () =>
      /^- (?:Made|Trained) by .*$/m.exec(await writeTable(out, TABLE, OPTIONS))![0];
    await writeCell(out, one!.name, madeCell(one!));
    assert.match(
      await made(),
      /^- Made by memloss 0\.1\.0 \(d\) with Deno .* `memloss reproduce 1,3`$/,
    );
    const finishedBy = { version: "0.2.0", digest: "e" };
    await writeCell(out, two!.name, { ...madeCell(two!), finishedBy });
    assert.match(
      await made(),
      /^- Trained by memloss 0\.1\.0 \(d\), evaluated by 0\.2\.0 \(e\) and 0\.1\.0 \(d\), with Deno /,
    );
  }));

Deno.test("writeTable() says which cells lack a column that others have", () =>
  inTemporary(async (out) => {
    const [v1, plain] = planCells(TABLE, OPTIONS), cell = madeCell(v1!);
    await Deno.mkdir(cellsFolder(out));
    const evaluations = { ...cell.evaluations, pgd2: cell.evaluations.clean! };
    await writeCell(out, v1!.name, { ...cell, evaluations });
    await writeCell(out, plain!.name, madeCell(plain!));
    assert.match(await writeTable(out, TABLE, OPTIONS), /^- Not measured, PGD-2: Plain seed 1\.$/m);
  }));

Deno.test("writeTable() says of which cells AutoAttack warned, in every form that has notes", () =>
  inTemporary(async (out) => {
    const options = { ...OPTIONS, seeds: [2, 1] }, masked = "Gradients may be masked.";
    const leftOut = "fab-t cannot attack a network of 2 classes and was left out.";
    await Deno.mkdir(cellsFolder(out));
    for (const plan of planCells(TABLE, options)) {
      const cell = madeCell(plan), { row, seed, name } = plan;
      const warnings = [leftOut, ...row === "v1" && seed === 2 ? [masked] : []];
      const autoattack = { ...cell.evaluations.clean!, version: "standard", warnings };
      await writeCell(out, name, { ...cell, evaluations: { ...cell.evaluations, autoattack } });
    }
    await writeTable(out, TABLE, options);
    for (const form of ["table.md", "table.tex", "table.json", "report.html"]) {
      const text = await Deno.readTextFile(join(out, form));
      for (
        const note of [
          `Warning of AutoAttack (V1 seeds 1, 2; Plain seeds 1, 2): ${leftOut}`,
          `Warning of AutoAttack (V1 seed 2): ${masked}`,
        ]
      ) assert.equal(text.split(note).length, 2, `${form}: ${note}`);
    }
  }));

Deno.test("writeTable() says which seeds of a row were trained on other images", () =>
  inTemporary(async (out) => {
    await Deno.mkdir(cellsFolder(out));
    for (const plan of planCells(TABLE, { ...OPTIONS, seeds: [1, 2] })) {
      const cell = madeCell(plan), digest = String(plan.seed).repeat(64);
      const recipe = { ...cell.recipe, data: "cifar10" };
      await writeCell(out, plan.name, { ...cell, recipe, dataSha256: digest });
    }
    assert.match(
      await writeTable(out, TABLE, { ...OPTIONS, seeds: [1, 2] }),
      /Not one kind of run: .*: the training images have SHA-256 1{12} for seed 1 and 2{12} for seed 2\./,
    );
  }));

Deno.test("writeTable() names no number of selection images: of a small data set they are fewer than 1,024", () =>
  inTemporary(async (out) => {
    await Deno.mkdir(cellsFolder(out));
    const [plan] = planCells(TABLE, OPTIONS), cell = madeCell(plan!);
    await writeCell(out, plan!.name, { ...cell, recipe: { ...cell.recipe, select: "val" } });
    assert.match(
      await writeTable(out, TABLE, OPTIONS),
      /^- Here: the checkpoint with the best PGD-20 accuracy on training images held out; clean /m,
    );
  }));

Deno.test("writeTable() says that a folder has no cells", () =>
  inTemporary(async (out) => {
    for (const folder of [out, join(out, "none")]) {
      await assert.rejects(writeTable(folder, TABLE, OPTIONS), {
        name: "UsageError",
        message: `There are no cells in ${folder}: ` +
          "name the folder of a table that was begun, or make it without --step table.",
      });
    }
  }));
