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

Deno.test("startRun() refuses an epoch without a learning rate, and makes no folder", () =>
  inRunFolder(async (runDir) => {
    const optimiser = { schedule: "piecewise", lrKnots: "0:1,1:0" } as const;
    await assert.rejects(startRun({ ...RECIPE, optimiser }, runDir), {
      name: "UsageError",
      message: /^--lr-knots 0:1,1:0 is 0 from epoch 2 on, .* give --epochs 1, /,
    });
    await assert.rejects(Deno.stat(runDir), Deno.errors.NotFound);
  }));

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

Deno.test("continueRun() refuses more epochs for a run that has stopped early", () =>
  inRunFolder(async (runDir) => {
    // It learns nothing. Held-out images would be many.
    const optimiser = { lr: 1e-12, schedule: "constant" } as const;
    await startRun(
      { ...RECIPE, optimiser, variant: "standard", attack: {}, select: "test" },
      runDir,
    );
    const path = join(runDir, "recipe.json"), record = JSON.parse(await Deno.readTextFile(path));
    const recipe = { ...record.recipe, select: "val", earlyStop: 1 };
    const text = JSON.stringify({ ...record, recipe });
    await Deno.writeTextFile(path, text);
    await assert.rejects(continueRun(runDir, { given: { epochs: 5 } }), {
      name: "UsageError",
      message: `The run in ${runDir} has ended in epoch 2, by --early-stop 1: ` +
        "more --epochs add nothing to it; start a new run.",
    });
    assert.equal(await Deno.readTextFile(path), text);
  }));

/** What is noted of a run with `changes` before its first step, but that its attack is short, and for classes that its limits leave out. */
async function noted(changes: RecipeInput): Promise<string[]> {
  return (await allNoted(changes)).filter((note) => !note.startsWith("--limit-"));
}

async function allNoted(changes: RecipeInput): Promise<string[]> {
  const notes: string[] = [], stop = new AbortController();
  const observer: RunObserver = {
    onNote: (note) => note.startsWith("--attack-steps: 1 of 2/255 go 2/255") || notes.push(note),
    onStep: () => stop.abort(),
  };
  await inRunFolder(async (runDir) => {
    const options = { observer, signal: stop.signal };
    await assert.rejects(startRun({ ...RECIPE, ...changes }, runDir, options), {
      name: "Interrupted",
    });
  });
  return notes;
}

Deno.test("startRun() says how many classes a limit leaves without an image", async () => {
  const order = "it takes the first images in the data set's order.";
  assert.deepEqual(await allNoted({ limitTrain: 2, batchSize: 2, limitTest: 1 }), [
    `--limit-train 2 leaves 8 of 10 classes without a training image: ${order}`,
    `--limit-test 1 leaves 9 of 10 classes without a test image: ${order}`,
  ]);
  assert.deepEqual(await allNoted({ limitTrain: 512, limitTest: 512 }), []);
});

Deno.test("startRun() says so where no example ever comes back from the memory", async () =>
  assert.deepEqual(await noted({ memory: { age: 2 } }), [
    "--memory-age 2: in 2 epochs, no example ever comes back from the memory.",
  ]));

Deno.test("startRun() says so where a run may end before its average begins", async () => {
  const stopping = (swaStart: number): RecipeInput => ({
    ...{ select: "val", limitTrain: 16, epochs: 4, earlyStop: 1 },
    optimiser: { average: "swa", swaStart },
  });
  // After epoch 2 at the earliest, the end of which is then the average.
  assert.deepEqual(await noted(stopping(2)), []);
  assert.deepEqual(await noted(stopping(3)), [
    "--early-stop 1 may end the run before epoch 3, in which the average of --weight-average swa begins: " +
    "until then it is the weights.",
  ]);
});
