import assert from "node:assert/strict";
import { join } from "@std/path";
import { cellsFolder } from "../../src/reproduce/cell.ts";
import { unfinishedCells } from "../../src/reproduce/reproduce.ts";
import { inTemporary } from "../memory/support.ts";

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
