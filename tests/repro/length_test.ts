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
