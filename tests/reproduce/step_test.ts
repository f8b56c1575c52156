import assert from "node:assert/strict";
import { join } from "@std/path";
import { cellsFolder, readCell } from "../../src/reproduce/cell.ts";
import { cellRun, makeCell, type Sitting } from "../../src/reproduce/make_cell.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import { makeStep } from "../../src/reproduce/step.ts";
import type { TableFile } from "../../src/reproduce/table_file.ts";
import { inTemporary } from "../memory/support.ts";
import { writeTinyData } from "../cli/tiny.ts";
import { madeTable } from "./made_table.ts";

Deno.test("makeStep() makes of a cell's steps what makeCell() makes at once, however often each is done", () =>
  inTemporary(async (directory) => {
    await writeTinyData(join(directory, "data"));
    const scales = {
      tiny: { recipe: { epochs: 1, "batch-size": 2 }, n: { autoattack: 4, pgd2: 4 } },
    };
    const [, plan] = planCells(madeTable({ scales }) as TableFile, { scale: "tiny", seeds: [1] });
    const device = { backend: "wasm", workers: 1 } as const;
    const sitting: Sitting = { given: { dataDir: join(directory, "data"), ...device } };
    const whole = join(directory, "whole"), out = join(directory, "steps");
    await Deno.mkdir(cellsFolder(whole), { recursive: true });
    await makeCell(whole, plan!, sitting);
    const step = (step: Parameters<typeof makeStep>[2]) => makeStep(out, plan!, step, sitting);
    await assert.rejects(step({ index: 1, count: 2 }), {
      name: "UsageError",
      message: "plain-seed1 is not trained yet: --step train comes before its shards.",
    });
    await step("train");
    await step("train");
    assert.equal(await readCell(out, plan!), undefined);
    // Four images are two batches: of three shards asked for, the third has nothing to do.
    for (const index of [1, 3, 1]) await step({ index, count: 3 });
    const folder = join(cellRun(out, plan!.name), "eval");
    const [shards] = [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory);
    const shard = () => [...Deno.readDirSync(join(folder, shards!.name))].map(({ name }) => name);
    assert.deepEqual(shard(), ["1-of-2.json"]);
    await step("cell"); // which evaluates the shard that is missing, and merges
    assert.deepEqual(shard().sort(), ["1-of-2.json", "2-of-2.json"]);
    const { times, ...cell } = (await readCell(out, plan!))!;
    const { times: _times, ...expected } = (await readCell(whole, plan!))!;
    assert.deepEqual(cell, expected);
    assert.ok(times.evaluations.autoattack! > 0);
    await step("cell");
    assert.deepEqual((await readCell(out, plan!))!.times, times, "a finished cell stays");
  }));
