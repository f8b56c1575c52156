import assert from "node:assert/strict";
import { join } from "@std/path";
import type { RecipeInput } from "../../../src/recipe/recipe.ts";
import { readRunRecord } from "../../../src/run/folder/files.ts";
import { readWeightsSubject } from "../../../src/run/subject.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/format/safetensors.ts";
import {
  findHelperRun,
  keptHelper,
  notesOnHelper,
  readHelper,
} from "../../../src/run/weights/helper.ts";
import { continueRun, repeatRun, startRun } from "../../../src/train/start.ts";
import { inTemporary } from "../../memory/support.ts";

const SMALL: RecipeInput = {
  ...{ data: "synthetic", limitTrain: 8, limitTest: 4, width: 1, workers: 1, epochs: 2 },
  ...{ batchSize: 4, select: "none", backend: "wasm" },
};
const HAT: RecipeInput = { ...SMALL, variant: "hat+v1", attack: { steps: 1 } };

/** Runs `body` in a folder with a helper's run, of another network. */
function withHelper(body: (helper: string, folder: string) => Promise<void>): Promise<void> {
  return inTemporary(async (folder) => {
    const helper = join(folder, "helper");
    await startRun({ ...SMALL, variant: "standard", model: "small-cnn", epochs: 1 }, helper);
    await body(helper, folder);
  });
}

const digestOf = async (run: string) => (await readWeightsSubject(run, "last")).sha256;

Deno.test("startRun() trains HAT with a helper, and needs it no more once it has its copy", () =>
  withHelper(async (helper, folder) => {
    const whole = join(folder, "whole"), stopped = join(folder, "stopped");
    const terms: Record<string, number>[] = [];
    const onStep = (metrics: { terms: Record<string, number> }) => void terms.push(metrics.terms);
    await startRun({ ...HAT, helper }, whole, { observer: { onStep } });
    assert.deepEqual(terms.map((each) => Object.keys(each).join(" ")), [
      ...["ce kl help", "ce kl help", "ce kl help memory", "ce kl help memory"],
    ]);
    assert.ok(terms.every(({ help }) => help! > 0));
    const stop = new AbortController();
    const observer = { onStep: () => stop.abort() };
    const start = startRun({ ...HAT, helper }, stopped, { observer, signal: stop.signal });
    await assert.rejects(start, { name: "Interrupted" });
    await Deno.remove(helper, { recursive: true });
    await continueRun(stopped);
    assert.equal(await digestOf(stopped), await digestOf(whole));
    const again = join(folder, "again");
    await repeatRun(whole, again);
    assert.equal(await digestOf(again), await digestOf(whole));
  }));

Deno.test("findHelperRun() finds it by its weights; keptHelper() takes the run's copy, and what was named only where there is none yet", () =>
  withHelper(async (helper, folder) => {
    const run = join(folder, "run"), copy = join(run, "helper.safetensors");
    await startRun({ ...HAT, helper, epochs: 1 }, run);
    const record = await readRunRecord(run);
    const ofHelper = await readRunRecord(helper);
    for (const named of [helper, join(helper, "checkpoints", "last"), "/gone/helper"]) {
      const said = { ...record, recipe: { ...record.recipe, helper: named } };
      assert.deepEqual(await findHelperRun(run, said), ofHelper, named);
    }
    const lost = { ...record, helper: { ...record.helper!, sha256: "0".repeat(64) } };
    assert.equal(await findHelperRun(run, lost), undefined, "another run lies there now");
    const kept = () => keptHelper(run, record);
    assert.equal((await kept())!.name, "small-cnn");
    const bytes = await Deno.readFile(copy);
    await Deno.remove(copy);
    assert.deepEqual((await kept())!.bytes, bytes, "a run that was killed before it had its copy");
    await Deno.writeFile(copy, bytes.with(-1, bytes.at(-1)! ^ 1));
    await assert.rejects(kept(), {
      name: "UsageError",
      message: `${copy} is not the helper that the run was started with: restore it from a copy, ` +
        "or start a new run.",
    });
    assert.equal(await keptHelper(helper, await readRunRecord(helper)), undefined);
  }));

Deno.test("continueRun() makes the copy of a helper that a run was killed before", () =>
  withHelper(async (helper, folder) => {
    const run = join(folder, "run"), copy = join(run, "helper.safetensors");
    const controller = new AbortController(), { signal } = controller;
    const observer = { onStart: () => controller.abort() };
    await assert.rejects(startRun({ ...HAT, helper, epochs: 1 }, run, { observer, signal }), {
      name: "Interrupted",
    });
    const bytes = await Deno.readFile(copy);
    for (const name of ["checkpoints", "memory", "helper.safetensors", "metrics.jsonl"]) {
      await Deno.remove(join(run, name), { recursive: true });
    }
    await assert.rejects(continueRun(run, { signal }), { name: "Interrupted" });
    assert.deepEqual(await Deno.readFile(copy), bytes);
  }));

Deno.test("readHelper() takes the average where a helper keeps one, as an evaluation does, and reads its file once", () =>
  inTemporary(async (folder) => {
    const run = join(folder, "helper");
    const optimiser = { average: "ema" } as const;
    await startRun({ ...SMALL, variant: "standard", epochs: 1, optimiser }, run);
    const { path, sha256, tensors } = await readWeightsSubject(run, undefined);
    const raw = decodeSafetensors(await Deno.readFile(path), path).tensors;
    const { open } = Deno, { readFile } = Deno;
    let reads = 0;
    const counted = (name: string | URL) => void (String(name) === path && reads++);
    Deno.readFile = (name, options) => (counted(name), readFile(name, options));
    Deno.open = (name, options) => (counted(name), open(name, options));
    try {
      for (const target of [run, path]) {
        reads = 0;
        const helper = await readHelper(target);
        assert.equal(reads, 1);
        assert.deepEqual([helper.path, helper.record.sha256], [path, sha256]);
        const own = decodeSafetensors(helper.bytes, "the copy").tensors;
        assert.deepEqual([...own.keys()], [...raw.keys()].filter((name) => !/^optim/.test(name)));
        for (const [name, { data }] of own) assert.deepEqual(data, tensors.get(name)!.data, name);
        assert.notDeepEqual(own.get("linear.weight")!.data, raw.get("linear.weight")!.data);
      }
    } finally {
      Object.assign(Deno, { open, readFile });
    }
  }));

Deno.test("startRun() notes what was done to a helper's tensors", () =>
  withHelper(async (helper, folder) => {
    const { bytes } = await readHelper(helper), file = join(folder, "other.safetensors");
    const prefixed = [...decodeSafetensors(bytes, helper).tensors].map(([name, tensor]) =>
      [`model.${name}`, tensor] as const
    );
    await Deno.writeFile(file, encodeSafetensors(new Map(prefixed), {}));
    const run = join(folder, "run"), notes: string[] = [], stop = new AbortController();
    const observer = {
      onNote: (note: string) => void notes.push(note),
      onStart: () => stop.abort(),
    };
    await assert.rejects(
      startRun({ ...HAT, helper: file }, run, { observer, signal: stop.signal }),
      {
        name: "Interrupted",
      },
    );
    // What so few images leave out is noted behind it.
    assert.deepEqual(notes.slice(0, 1), [
      `--helper ${file}: The names of its tensors begin with "model.", which is left out.`,
    ]);
    assert.deepEqual(await Deno.readFile(join(run, "helper.safetensors")), bytes);
  }));

Deno.test("readHelper() notes an adversary, epochs that are still to come and images of another size", () =>
  inTemporary(async (folder) => {
    const robust = join(folder, "robust"), stop = new AbortController();
    const observer = { onEpoch: () => stop.abort() }, watched = { observer, signal: stop.signal };
    const recipe: RecipeInput = { ...SMALL, variant: "trades", attack: { steps: 1 } };
    await assert.rejects(startRun(recipe, robust, watched), { name: "Interrupted" });
    const helper = await readHelper(robust),
      notes = [
        "It was trained with an adversary (trades); HAT's helper is one that was not.",
        "Its run has made only 1 of 2 epochs.",
      ];
    const [own, other] = [32, 8].map((size) => ({ height: size, width: size, channels: 3 }));
    assert.deepEqual(notesOnHelper(helper, own!), notes);
    assert.deepEqual(notesOnHelper(helper, other!), [
      ...notes,
      "It was trained on images of 32×32×3, not 8×8×3.",
    ]);
    const plain = join(folder, "plain");
    await startRun({ ...SMALL, variant: "standard", epochs: 1 }, plain);
    assert.deepEqual(notesOnHelper(await readHelper(plain), own!), []);
  }));

Deno.test("startRun() refuses HAT without a helper, and a helper elsewhere or of other images", () =>
  inTemporary(async (folder) => {
    const run = join(folder, "run");
    await assert.rejects(startRun(HAT, run), {
      name: "UsageError",
      message: "--variant hat+v1 needs --helper: a run of --variant standard, " +
        "a file of such weights, or auto to train one first.",
    });
    await assert.rejects(startRun({ ...SMALL, variant: "v1", helper: "x" }, run), {
      name: "UsageError",
      message: "--helper has no meaning for --variant v1.",
    });
    await assert.rejects(startRun({ ...HAT, helper: join(folder, "none") }, run), {
      name: "UsageError",
      message: /none/,
    });
    await assert.rejects(Deno.stat(run), Deno.errors.NotFound);
  }));
