import assert from "node:assert/strict";
import { basename, dirname, join } from "@std/path";
import { TRAIN_FILES } from "../data/made_cifar10.ts";
import { Interrupted } from "../../src/errors.ts";
import { type RecipeFlags, recipeInput } from "../../src/recipe/fields.ts";
import { continueRun, startRun } from "../../src/train/start.ts";
import type { StartOptions } from "../../src/train/start_options.ts";
import { verifyRun } from "../../src/upkeep/verify_run.ts";
import { inRunFolder } from "../repro/support.ts";
import { copyFolder, snapshot } from "../testing/folder.ts";

/** Three epochs of two steps of the smallest network with a memory. */
const RECIPE: RecipeFlags = {
  ...{ variant: "v1", width: 1, epochs: 3, batchSize: 16, limitTrain: 32, lr: 0.05 },
  ...{ attackSteps: 1, select: "none", backend: "wasm", workers: 1 },
};

/** Trains `recipe` in `runDir`, a path of {@linkcode inRunFolder}. */
function startIn(runDir: string, recipe: RecipeFlags, options?: StartOptions): Promise<void> {
  return startRun(recipeInput({ ...recipe, dataDir: join(runDir, "..", "data") }), runDir, options);
}

let made: string | undefined;

/** A run of {@linkcode RECIPE} without its data. */
async function madeRun(): Promise<string> {
  if (made === undefined) {
    const parent = await Deno.makeTempDir();
    await inRunFolder(async (runDir) => {
      await startIn(runDir, RECIPE);
      await copyFolder(runDir, join(parent, "run"));
    });
    made = join(parent, "run");
  }
  return made;
}

Deno.test.afterAll(async () => {
  if (made !== undefined) await Deno.remove(dirname(made), { recursive: true });
});

/** Calls `use` with the folder of a run of {@linkcode RECIPE}, beside which nothing may be left. */
async function withRun(use: (runDir: string) => Promise<void>): Promise<void> {
  await inRunFolder(async (runDir) => {
    await copyFolder(await madeRun(), runDir);
    const path = join(runDir, "recipe.json"), dataDir = join(runDir, "..", "data");
    await edit(path, /"dataDir": "[^"]*"/, `"dataDir": ${JSON.stringify(dataDir)}`);
    await use(runDir);
    const left = await Array.fromAsync(Deno.readDir(dirname(runDir)), ({ name }) => name);
    assert.deepEqual(left.sort(), ["data", basename(runDir)]);
  });
}

/** Trains `recipe` in `runDir` until `step` of `epoch` is done, and stops as for Ctrl-C. */
async function startUntil(runDir: string, recipe: RecipeFlags, epoch: number, step: number) {
  const controller = new AbortController(), { signal } = controller;
  const onStep = (metrics: { epoch: number; step: number }) => {
    if (metrics.epoch === epoch && metrics.step === step) controller.abort();
  };
  await assert.rejects(startIn(runDir, recipe, { signal, observer: { onStep } }), Interrupted);
}

/** Puts `to` in the place of `from` in a file that has it. */
async function edit(path: string, from: string | RegExp, to: string): Promise<void> {
  const text = await Deno.readTextFile(path), edited = text.replace(from, to);
  assert.notEqual(edited, text);
  await Deno.writeTextFile(path, edited);
}

const SAME = { same: 3, unrecorded: [], changes: [], deterministic: false };

Deno.test("verifyRun() finds every epoch of a run as it was, and leaves the run alone", () =>
  withRun(async (runDir) => {
    const before = await snapshot(runDir);
    assert.deepEqual(await verifyRun(runDir), SAME);
    assert.deepEqual(await snapshot(runDir), before);
  }));

Deno.test("verifyRun() finds every epoch of a run that was stopped and went on as it was", () =>
  inRunFolder(async (runDir) => {
    await startUntil(runDir, RECIPE, 1, 1);
    await assert.rejects(verifyRun(runDir), /run has not finished an epoch yet\.$/);
    const goOn = new AbortController();
    const onStep = ({ epoch }: { epoch: number }) => epoch === 2 && goOn.abort();
    await assert.rejects(
      continueRun(runDir, { signal: goOn.signal, observer: { onStep } }),
      Interrupted,
    );
    await assert.rejects(verifyRun(runDir, { epochs: 2 }), {
      name: "UsageError",
      message: /run has finished 1 epochs, not 2\.$/,
    });
    assert.deepEqual(await verifyRun(runDir), { ...SAME, same: 1 });
    await continueRun(runDir);
    assert.deepEqual(await verifyRun(runDir), SAME);
  }));

Deno.test("verifyRun() names the first epoch that differs because the recipe was altered", () =>
  withRun(async (runDir) => {
    // The memory has its first say in the second epoch.
    await edit(join(runDir, "recipe.json"), /"betaPrime": 2/, '"betaPrime": 3');
    const { same, difference, changes } = await verifyRun(runDir);
    assert.deepEqual([same, changes], [1, []]);
    assert.match(difference!.metrics!, /^loss of step 1 is 2\.\d+ and was 2\.\d+$/);
    assert.deepEqual({ ...difference, metrics: "" }, {
      epoch: 2,
      metrics: "",
      checkpoint: "conv1.weight first, 164 of 184 tensors", // the file is gone
      memory: "other examples",
    });
    // What comes before is not looked at.
    assert.deepEqual(await verifyRun(runDir, { epochs: 1 }), { ...SAME, same: 1 });
  }));

Deno.test("verifyRun() names the tensor that differs where the checkpoint is kept and the run is older than checksums", () =>
  inRunFolder(async (runDir) => {
    await startIn(runDir, { ...RECIPE, variant: "pgd-at", epochs: 1 });
    await edit(join(runDir, "recipe.json"), /"seed": 1/, '"seed": 2');
    await edit(join(runDir, "checkpoints", "committed.json"), /,\s*"epochs": \[[^]*\]/, "");
    const { difference } = await verifyRun(runDir);
    assert.equal(difference?.epoch, 1);
    assert.match(difference.checkpoint!, /^conv1\.weight first, \d+ of \d+ tensors$/);
    assert.equal(difference.memory, undefined);
  }));

Deno.test("verifyRun() finds a number of the log that was altered", () =>
  withRun(async (runDir) => {
    await edit(join(runDir, "metrics.jsonl"), /"epoch":3,"step":2,"loss":/, "$&1");
    const { same, difference } = await verifyRun(runDir);
    assert.equal(same, 2);
    assert.deepEqual(Object.keys(difference!), ["epoch", "metrics"]);
    assert.match(difference!.metrics!, /^loss of step 2 is 2\.\d+ and was 12\.\d+$/);
  }));

Deno.test("verifyRun() says that the data were altered, and names the first epoch that differs", () =>
  withRun(async (runDir) => {
    const file = join(runDir, "..", "data", TRAIN_FILES[0]!);
    const bytes = await Deno.readFile(file), pixel = 1 + 16 * 32 + 16;
    await Deno.writeFile(file, bytes.with(pixel, bytes[pixel]! ^ 128));
    const notes: string[] = [];
    const observer = { onNote: (note: string) => notes.push(note) };
    const { same, difference, changes } = await verifyRun(runDir, { observer });
    assert.deepEqual([same, difference?.epoch], [0, 1]);
    assert.match(changes.join(), /^data set \(SHA-256 [0-9a-f]{12}…\)$/);
    assert.match(notes.join(), /^the run began with another data set /);
  }));

Deno.test("verifyRun() says that the program was another, which need not change a bit", () =>
  withRun(async (runDir) => {
    await edit(join(runDir, "recipe.json"), /"digest": "[0-9a-f]{12}/, '"digest": "0123456789ab');
    const { changes, ...rest } = await verifyRun(runDir, { epochs: 1 });
    assert.match(changes.join(), /^program \(\d.*, source 0123456789ab\)$/);
    assert.deepEqual({ ...rest, changes: [] }, { ...SAME, same: 1 });
  }));

Deno.test("verifyRun() compares what is left of a run that is older than its digests", () =>
  withRun(async (runDir) => {
    const committed = join(runDir, "checkpoints", "committed.json");
    const record = async () => JSON.parse(await Deno.readTextFile(committed));
    const { epochs } = await record();
    await edit(committed, /,\s*"epochs": \[[^]*\]/, "");
    assert.deepEqual(await verifyRun(runDir), { ...SAME, unrecorded: [1, 2] });
    // The next start of the run takes the digests up where it stands.
    await continueRun(runDir);
    assert.deepEqual(await verifyRun(runDir), { ...SAME, unrecorded: [1, 2] });
    assert.deepEqual((await record()).epochs, epochs.slice(2));
    await edit(join(runDir, "recipe.json"), /"momentum": 0.95/, '"momentum": 0.9');
    assert.deepEqual(Object.keys((await verifyRun(runDir)).difference!), ["epoch", "metrics"]);
  }));

Deno.test("verifyRun() refuses a checkpoint that is not the one that was committed", () =>
  withRun(async (runDir) => {
    const path = join(runDir, "checkpoints", "epoch-003.safetensors");
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.with(-1, bytes.at(-1)! ^ 1));
    await assert.rejects(verifyRun(runDir), /epoch-003\.safetensors is damaged/);
  }));

Deno.test("verifyRun() refuses to begin where the disk has no room", () =>
  withRun(async (runDir) => {
    const huge = await Deno.create(join(runDir, "memory", "sparse"));
    await huge.truncate(2 ** 42);
    huge.close();
    await assert.rejects(verifyRun(runDir), {
      name: "UsageError",
      message:
        /^To train .*run again takes \d{7} MiB in .*, which has \d+ MiB left: make room there\.$/,
    });
  }));

Deno.test("verifyRun() that is stopped leaves nothing, nor what a killed one has left", () =>
  withRun(async (runDir) => {
    const left = join(dirname(runDir), `.${basename(runDir)}.verify-0123`);
    await Deno.mkdir(left);
    await Deno.copyFile(join(runDir, "recipe.json"), join(left, "recipe.json"));
    const controller = new AbortController();
    const onStep = ({ epoch }: { epoch: number }) => epoch === 2 && controller.abort();
    const { signal } = controller;
    await assert.rejects(verifyRun(runDir, { signal, observer: { onStep } }), {
      name: "Interrupted",
      message: "Stopped: 1 epoch was the same up to here. Nothing is kept.",
    });
  }));
