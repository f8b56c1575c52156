import assert from "node:assert/strict";
import { join } from "@std/path";
import { evaluateRun } from "../../src/evaluate/evaluate_run.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import { continueRun, startRun } from "../../src/train/start.ts";
import type { RunObserver } from "../../src/train/start_options.ts";
import { openMemory } from "../../src/run/memory.ts";
import { inRunFolder, readLog, resultOf } from "../repro/support.ts";
import { snapshot } from "../testing/folder.ts";

const RECIPE: RecipeInput = {
  variant: "v1",
  data: "synthetic",
  width: 1,
  epochs: 2,
  batchSize: 8,
  limitTrain: 16,
  limitTest: 8,
  attack: { steps: 1 },
  optimiser: { lr: 0.05 },
  select: "none",
  backend: "wasm",
  workers: 1,
};

Deno.test("startRun() and continueRun() make the run that startRun() makes in one go, and evaluateRun() measures it", () =>
  inRunFolder((whole) =>
    inRunFolder(async (runDir) => {
      const told: string[] = [], controller = new AbortController();
      const observer: RunObserver = {
        onStart: ({ directory, recipe, continued, backend }) =>
          told.push(`${directory} ${recipe.variant} ${continued} ${backend.name}`),
        onStep: ({ epoch, step }) => {
          told.push(`step ${epoch} ${step}`);
          if (epoch === 1 && step === 2) controller.abort();
        },
        onEpoch: ({ epoch }) => told.push(`epoch ${epoch}`),
      };
      const first = startRun(RECIPE, whole), beside = /Another run or evaluation is under way/;
      await assert.rejects(startRun(RECIPE, runDir), beside);
      await assert.rejects(evaluateRun(runDir), beside);
      await first;
      const stopped = startRun(RECIPE, runDir, { observer, signal: controller.signal });
      await assert.rejects(stopped, {
        name: "Interrupted",
        message: /^Stopped in epoch 1 after step 2/,
      });
      assert.deepEqual(told, [`${runDir} v1 false wasm`, "step 1 1", "step 1 2"]);
      told.length = 0;
      await continueRun(runDir, { observer, given: { workers: 2 } });
      assert.deepEqual(told, [
        `${runDir} v1 true wasm`,
        "epoch 1",
        "step 2 1",
        "step 2 2",
        "epoch 2",
      ]);
      assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      for (const line of await readLog(runDir)) assert.ok(line.imagesPerSecond as number > 0);
      const table = await Deno.readTextFile(join(runDir, "metrics.csv"));
      assert.ok(!/,0,[^,]*$/m.test(table), table);

      const report = await evaluateRun(runDir, { attacks: ["clean"], limit: 4 });
      assert.equal(report.clean!.n, 4);
      await using memory = await openMemory(runDir);
      const { generations } = memory.current()!;
      assert.deepEqual(generations, [2]);
      assert.equal((await memory.images(2)).length, 16);
      await assert.rejects(startRun(RECIPE, runDir), {
        name: "UsageError",
        message: /is not empty/,
      });
      await assert.rejects(continueRun(runDir, { given: { batchSize: 9 } }), {
        name: "UsageError",
        message: /^--batch-size 9 differs from /,
      });
    })
  ));

Deno.test("startRun() that cannot open its memory leaves no folder in the way of the same start", () =>
  inRunFolder(async (runDir) => {
    const unreachable = { ...RECIPE, memory: { index: "http://127.0.0.1:9/" } };
    await assert.rejects(startRun(unreachable, runDir), {
      name: "RunError",
      message: /^Could not use the memory index http:\/\/127\.0\.0\.1:9\//,
    });
    assert.deepEqual([...(await snapshot(runDir)).keys()], ["run.lock"]);
    await startRun({ ...RECIPE, epochs: 1 }, runDir);
  }));
