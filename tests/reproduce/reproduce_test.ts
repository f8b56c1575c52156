import assert from "node:assert/strict";
import { join } from "@std/path";
import { cellsFolder } from "../../src/reproduce/cell.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import { unfinishedCells } from "../../src/reproduce/reproduce.ts";
import type { TableFile } from "../../src/reproduce/table_file.ts";
import { inTemporary } from "../memory/support.ts";
import { madeTable } from "./made_table.ts";

Deno.test("unfinishedCells() refuses a folder whose table is somebody else's, and takes one with cells", () =>
  inTemporary(async (out) => {
    for (const name of ["table.json", "table.md", "table.tex", "table.csv", "report.html"]) {
      const path = join(out, name);
      await Deno.writeTextFile(path, "of somebody");
      await assert.rejects(unfinishedCells(out, [], {}), {
        name: "UsageError",
        message: `${path} is there already, and no cells that it was made of: name another --out.`,
      });
      await Deno.remove(path);
    }
    await Deno.writeTextFile(join(out, "notes.txt"), "of somebody");
    assert.deepEqual(await unfinishedCells(out, [], {}), []);
    await Deno.mkdir(cellsFolder(out));
    await Deno.writeTextFile(join(out, "table.md"), "of these cells");
    assert.deepEqual(await unfinishedCells(out, [], {}), []);
  }));

Deno.test("unfinishedCells() refuses a recipe that has an epoch without a learning rate", () =>
  inTemporary(async (out) => {
    const recipe = { variant: "standard", schedule: "piecewise", "lr-knots": "0:1,1:0" };
    const table = madeTable({ rows: [{ name: "plain", label: "Plain", recipe }], claims: [] });
    const cells = (scale: string) =>
      planCells(table as unknown as TableFile, { scale, seeds: [1] });
    await assert.rejects(unfinishedCells(out, cells("full"), {}), {
      name: "UsageError",
      message: /^--lr-knots 0:1,1:0 is 0 from epoch 2 on/,
    });
    assert.equal((await unfinishedCells(out, cells("tiny"), {})).length, 1);
  }));
