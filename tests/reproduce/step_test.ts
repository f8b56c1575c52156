import assert from "node:assert/strict";
import { join } from "@std/path";
import { Interrupted } from "../../src/errors.ts";
import { cellPath, cellsFolder, readCell } from "../../src/reproduce/cell.ts";
import { cellRun, makeCell, type Sitting } from "../../src/reproduce/make_cell.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import { makeStep } from "../../src/reproduce/step.ts";
import type { TableFile } from "../../src/reproduce/table_file.ts";
import { isTrained } from "../../src/run/folder/files.ts";
import { startRun } from "../../src/train/start.ts";
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
    const folder = join(cellRun(out, plan!), "eval");
    const [shards] = [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory);
    const shard = () => [...Deno.readDirSync(join(folder, shards!.name))].map(({ name }) => name);
    assert.deepEqual(shard(), ["1-of-2.json"]);
    await assert.rejects(step({ index: 1, count: 1 }), {
      name: "UsageError",
      message: `${join(folder, shards!.name)} has shards of 2, and 1/1 would hold some of their ` +
        "images twice: evaluate what is missing of the 2, or move them away.",
    });
    await step("cell"); // which evaluates the shard that is missing, and merges
    assert.deepEqual(shard().sort(), ["1-of-2.json", "2-of-2.json"]);
    const { times, ...cell } = (await readCell(out, plan!))!;
    const { times: _times, ...expected } = (await readCell(whole, plan!))!;
    assert.deepEqual(cell, expected);
    assert.ok(times.evaluations.autoattack! > 0);
    await step("cell");
    assert.deepEqual((await readCell(out, plan!))!.times, times, "a finished cell stays");
    await Deno.remove(cellPath(out, plan!.name));
    await step({ index: 1, count: 1 });
    assert.equal(shard().length, 2, "the two hold all images");
  }));

Deno.test("makeStep() measures the raw weights of another row's run, which are those of a run without an average", () =>
  inTemporary(async (out) => {
    await writeTinyData(join(out, "data"));
    const average = { variant: "standard", "weight-average": "ema" };
    const table = madeTable({
      columns: [{ name: "clean", label: "clean" }, { name: "pgd2", label: "PGD-2" }],
      rows: [
        { name: "raw", label: "Raw", recipe: {}, rawOf: "ema" },
        { name: "ema", label: "EMA", recipe: average },
        { name: "plain", label: "Plain", recipe: { variant: "standard" } },
      ],
      scales: { tiny: { recipe: { epochs: 2, "batch-size": 2 }, n: {} } },
      claims: [],
    }) as TableFile;
    const plans = planCells(table, { scale: "tiny", seeds: [1] });
    const device = { backend: "wasm", workers: 1 } as const;
    const sitting: Sitting = { given: { dataDir: join(out, "data"), ...device } };
    for (const plan of plans) await makeStep(out, plan, "cell", sitting);
    const runs = [...Deno.readDirSync(join(out, "runs"))].map(({ name }) => name);
    assert.deepEqual(runs.sort(), ["ema-seed1", "plain-seed1"]);
    const [raw, ema, plain] = await Promise.all(plans.map((plan) => readCell(out, plan)));
    assert.deepEqual(raw!.checkpoint, ema!.checkpoint);
    assert.deepEqual(raw!.evaluations, plain!.evaluations);
    const reports = [...Deno.readDirSync(join(cellRun(out, plans[0]!), "eval"))];
    const ofRaw = reports.filter(({ name }) => name.includes(".raw"));
    assert.deepEqual([reports.length, ofRaw.length], [4, 2], "two columns of each");
    await assert.rejects(
      readCell(out, { ...plans[0]!, request: plans[1]!.request }),
      /raw-seed1\.json was made with weights: raw, and this table asks for its default/,
    );
  }));

Deno.test("makeStep() trains another row's run to its end before its raw weights are measured, also one with a helper", () =>
  inTemporary(async (out) => {
    await writeTinyData(join(out, "data"));
    const given = { dataDir: join(out, "data"), backend: "wasm", workers: 1 } as const;
    const helper = join(out, "helper");
    const tiny = { width: 1, epochs: 1, batchSize: 2, select: "none" } as const;
    await startRun({ ...given, ...tiny, variant: "standard" }, helper);
    const recipe = { variant: "hat", helper, "attack-steps": 1, "weight-average": "ema" };
    const table = madeTable({
      columns: [{ name: "clean", label: "clean" }],
      rows: [
        { name: "raw", label: "Raw", recipe: {}, rawOf: "ema" },
        { name: "ema", label: "EMA", recipe },
      ],
      claims: [],
    }) as TableFile;
    const [raw, ema] = planCells(table, { scale: "tiny", seeds: [1] });
    const stop = new AbortController();
    const watchRun = () => ({ onStep: () => stop.abort() });
    await assert.rejects(
      makeStep(out, ema!, "train", { given, watchRun, signal: stop.signal }),
      Interrupted,
    );
    await makeStep(out, raw!, "cell", { given });
    assert.ok(await isTrained(cellRun(out, ema!)));
    assert.ok((await readCell(out, raw!))!.evaluations.clean);
  }));
