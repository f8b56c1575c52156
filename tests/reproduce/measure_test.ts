import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { FileLock } from "../../src/disk/file_lock.ts";
import { encodePng } from "../../src/format/png.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { findMeasurement, measureSteps } from "../../src/reproduce/measure.ts";
import { cellsFolder, writeCell } from "../../src/reproduce/cell.ts";
import { cellRun, computer } from "../../src/reproduce/make_cell.ts";
import { planCells } from "../../src/reproduce/plan.ts";
import type { TableFile } from "../../src/reproduce/table_file.ts";
import { makeRun } from "../report/page/made_run.ts";
import { madeCell } from "./made_cell.ts";
import { madeTable } from "./made_table.ts";
import { madeImages } from "../format/arrays/made_npz.ts";
import { inTemporary } from "../memory/support.ts";

Deno.test("measureSteps() tells speed and sizes, and removes its own folders and nobody else's", () =>
  inTemporary(async (out) => {
    const given: RecipeInput = {
      ...{ variant: "v1", data: "synthetic", width: 1, batchSize: 4 },
      ...{ attack: { steps: 1 }, backend: "wasm", workers: 1 },
      // Of epochs that a few steps do not come to.
      optimiser: { average: "swa", swaStart: 40, awp: 0.01, awpWarmup: 9 },
    };
    const mine = join(out, "measure"), left = join(out, "measure.tmp-0123abcd");
    for (const folder of [mine, left]) {
      await Deno.mkdir(folder);
      await Deno.writeTextFile(join(folder, "file"), "of somebody");
    }
    const found = await measureSteps(out, resolveRecipe(given), given, 5120, true, undefined);
    assert.ok(found.speed! > 0 && found.checkpointBytes > 0);
    assert.ok(found.memoryBytes > 3072, "of each image a byte for every value");
    assert.ok(found.indexBytes > 5120 * 8, "a place for every image of the data set");
    assert.equal(await Deno.readTextFile(join(mine, "file")), "of somebody");
    const names = (await Array.fromAsync(Deno.readDir(out))).map(({ name }) => name);
    assert.deepEqual(names.sort(), ["measure", "measure.lock"]);
  }));

Deno.test("measureSteps() measures a run of fewer epochs than it trains, whose learning rate is 0 after them", () =>
  inTemporary(async (out) => {
    const given: RecipeInput = {
      ...{ variant: "standard", data: "synthetic", width: 1, batchSize: 4, epochs: 1 },
      ...{ backend: "wasm", workers: 1, optimiser: { schedule: "piecewise", lrKnots: "0:1,1:0" } },
    };
    const found = await measureSteps(out, resolveRecipe(given), given, 8, true, undefined);
    assert.ok(found.speed! > 0);
  }));

Deno.test("measureSteps() takes as many images as show an auxiliary one, and no more than the run has", () =>
  inTemporary(async (out) => {
    const auxData = join(out, "auxiliary.npz"), dataDir = join(out, "own.npz");
    await Deno.writeFile(auxData, madeImages(1, 16, 2));
    await Deno.writeFile(dataDir, madeImages(75, 16, 2)); // 60 of which train, 12 select
    const given: RecipeInput = {
      ...{ variant: "standard", data: "npz", dataDir, width: 1, batchSize: 64 },
      ...{ auxData, auxFraction: 0.04, select: "val", backend: "wasm", workers: 1 },
    };
    const asked = [resolveRecipe(given), given, 48] as const;
    assert.ok((await measureSteps(out, ...asked, true, undefined)).speed! > 0);
    // All 60 in one batch would show two.
    assert.ok((await measureSteps(out, ...asked, false, undefined)).speed! > 0);
    const controller = new AbortController();
    controller.abort();
    using _lock = (await FileLock.try(join(out, "measure.lock")))!;
    await assert.rejects(measureSteps(out, ...asked, true, controller.signal), {
      name: "Interrupted",
    });
  }));

Deno.test("measureSteps() measures fewer images than a batch has whole, where a part of them would be a single one", () =>
  inTemporary(async (out) => {
    const dataDir = join(out, "own.npz");
    await Deno.writeFile(dataDir, madeImages(50, 8, 2)); // 40 of which train
    const given: RecipeInput = {
      ...{ variant: "standard", data: "npz", dataDir, width: 1, batchSize: 20, microBatch: 5 },
      ...{ select: "none", backend: "wasm", workers: 1 },
    };
    const found = await measureSteps(out, resolveRecipe(given), given, 40, true, undefined);
    assert.ok(found.speed! > 0);
  }));

Deno.test("measureSteps() takes fewer of larger images, and tells of every step", () =>
  inTemporary(async (out) => {
    const dataDir = join(out, "photos"), png = encodePng(8, 8, new Uint8Array(192));
    for (const path of ["a/1", "a/2", "a/3", "a/4", "b/1", "b/2", "b/3", "b/4"]) {
      await Deno.mkdir(dirname(join(dataDir, path)), { recursive: true });
      await Deno.writeFile(join(dataDir, `${path}.png`), png);
    }
    const given: RecipeInput = {
      ...{ variant: "standard", data: "folder", dataDir, imageSize: 64, width: 1, batchSize: 16 },
      ...{ select: "none", backend: "wasm", workers: 1 },
    };
    const told: number[][] = [];
    const onStep = (...step: number[]) => void told.push(step);
    await measureSteps(out, resolveRecipe(given), given, 6, true, undefined, onStep);
    // Four images and two in each of two epochs.
    assert.deepEqual(told, [[1, 4], [2, 4], [3, 4], [4, 4]]);
  }));

Deno.test("findMeasurement() takes a cell of this machine whose run is there, and no other", () =>
  inTemporary(async (out) => {
    const columns = [{ name: "clean", label: "clean" }];
    const table = madeTable({ columns, claims: [], scales: { tiny: { recipe: {}, n: {} } } });
    const [plan] = planCells(table as TableFile, { scale: "tiny", seeds: [1], only: ["v1"] });
    const adapter: string = "WebAssembly SIMD, relaxed multiply-add"; // of makeRun()
    const backend = { name: "wasm", adapter } as const;
    const cell = madeCell(plan!),
      here = { ...cell.machine, ...computer(), adapter };
    const find = async (machine: typeof here) => {
      await writeCell(out, plan!.name, { ...cell, machine });
      return await findMeasurement(out, [plan!], 8, backend);
    };
    await Deno.mkdir(cellsFolder(out));
    assert.equal(await find(here), undefined, "nobody knows how large its run is");
    const recipe = { variant: "v1", width: 1, epochs: 1 } as const, runDir = cellRun(out, plan!);
    await makeRun(runDir, { recipe, stepsPerEpoch: 1 });
    assert.equal((await find(here))!.seconds, 2);
    for (const other of [{ processors: here.processors + 1 }, { adapter: "of a GPU" }]) {
      assert.equal(await find({ ...here, ...other }), undefined, "nor its log");
    }
    await Deno.remove(join(cellsFolder(out), `${plan!.name}.json`));
    const begun = await findMeasurement(out, [plan!], 8, backend);
    assert.ok(begun!.speed! > 0 && begun!.seconds === undefined);
    assert.equal(
      await findMeasurement(out, [plan!], 8, { ...backend, adapter: "of a GPU" }),
      undefined,
    );
  }));
