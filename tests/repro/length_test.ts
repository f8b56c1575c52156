import assert from "node:assert/strict";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import { continueRun, startRun } from "../../src/train/start.ts";
import { verifyRun } from "../../src/upkeep/verify_run.ts";
import { inRunFolder, resultOf } from "./support.ts";

/** An epoch of two steps of the smallest network. */
const RECIPE: RecipeInput = {
  ...{ variant: "v1", data: "synthetic", width: 1, batchSize: 8, limitTrain: 16, limitTest: 8 },
  ...{ attack: { steps: 1 }, select: "none", backend: "wasm", workers: 1 },
};
const RESTARTS: RecipeInput = {
  ...RECIPE,
  optimiser: { lr: 0.05, schedule: "cosine-restarts", restartPeriod: 1, average: "ema" },
};

/** One step an epoch: enough of them to see the rate of `step` drop. */
const SHORT: RecipeInput = { ...RECIPE, variant: "standard", attack: {}, limitTrain: 8 };
const LONGER = [
  { schedule: "constant", recipe: RECIPE, stop: [2, 1], from: 2, to: 3 },
  { schedule: "step", recipe: SHORT, stop: [2, 1], from: 3, to: 76 },
] as const;

for (const { schedule, recipe, stop: [epoch, step], from, to } of LONGER) {
  Deno.test(`a run under --schedule ${schedule} that is given more epochs before it is over ends as one that had them from the beginning`, () =>
    inRunFolder((whole) =>
      inRunFolder(async (runDir) => {
        const all: RecipeInput = { ...recipe, optimiser: { lr: 0.05, schedule } };
        await startRun({ ...all, epochs: to }, whole);
        const controller = new AbortController();
        const observer = {
          onStep(metrics: { epoch: number; step: number }) {
            if (metrics.epoch === epoch && metrics.step === step) controller.abort();
          },
        };
        const { signal } = controller;
        await assert.rejects(startRun({ ...all, epochs: from }, runDir, { signal, observer }), {
          name: "Interrupted",
        });
        await continueRun(runDir, { given: { epochs: to } });
        assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      })
    ));
}

Deno.test("a run that is given more epochs once it is over ends as one that had them from the beginning", () =>
  inRunFolder((whole) =>
    inRunFolder(async (runDir) => {
      await startRun({ ...RESTARTS, epochs: 3 }, whole);
      await startRun({ ...RESTARTS, epochs: 1 }, runDir);
      const record = (directory: string) => Deno.readTextFile(`${directory}/recipe.json`);
      const short = await record(runDir);
      await Deno.rename(`${runDir}/memory`, `${runDir}/elsewhere`);
      const refused = continueRun(runDir, { given: { epochs: 3 } });
      await assert.rejects(refused, { name: "UsageError", message: /memory is empty: restore it/ });
      assert.equal(await record(runDir), short, "a start that is refused adds no epochs");
      await Deno.rename(`${runDir}/elsewhere`, `${runDir}/memory`);
      await continueRun(runDir, { given: { epochs: 3 } });
      assert.deepEqual(await resultOf(runDir), await resultOf(whole));
      assert.equal(await record(runDir), await record(whole));
      const { same, difference } = await verifyRun(runDir);
      assert.deepEqual([same, difference], [3, undefined]);
      await assert.rejects(continueRun(runDir, { given: { epochs: 2 } }), {
        name: "UsageError",
        message: `--epochs 2 differs from ${runDir}/recipe.json, which has 3: ` +
          "it can only be raised; resume without it, or start a new run.",
      });
    })
  ));
