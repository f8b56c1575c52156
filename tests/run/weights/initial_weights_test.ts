/** Runs that begin with given weights. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { openBackend } from "../../../src/backend/open.ts";
import { evaluateRun } from "../../../src/evaluate/evaluate_run.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../../src/format/safetensors.ts";
import { withNormalisation } from "../../../src/model/architectures/architectures.ts";
import { resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { disposeAll } from "../../../src/model/parameters.ts";
import { changedRecipe } from "../../../src/recipe/changes.ts";
import type { RecipeInput } from "../../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import { readRunRecord } from "../../../src/run/folder/files.ts";
import { readNamedRecipe } from "../../../src/run/named_recipe.ts";
import { readWeightsSubject } from "../../../src/run/subject.ts";
import {
  beginningOf,
  loadInitialWeights,
  readInitialWeights,
} from "../../../src/run/weights/initial_weights.ts";
import { continueRun, repeatRun, startRun } from "../../../src/train/start.ts";
import { importWeights } from "../../../src/upkeep/import_weights.ts";
import { showWeights } from "../../../src/upkeep/show_weights.ts";
import { encodeTorch } from "../../../src/weights/export/torch_file.ts";
import { inTemporary } from "../../memory/support.ts";
import { fixture } from "../../testing/fixture.ts";
import { assertClose } from "../../testing/numbers.ts";
import { resultOf } from "../../repro/support.ts";

const constants = (values: number[]): SafeTensor => ({
  dtype: "F32",
  shape: [3],
  data: Float32Array.from(values),
});
/** A network that normalises its images. */
const GIVEN = new Map([
  ...fixture("steps_w2").under("start."),
  ["normalize.mean", constants([0.5, 0.4, 0.3])],
  ["normalize.std", constants([0.25, 0.2, 0.5])],
] as [string, SafeTensor][]);

const RECIPE: RecipeInput = {
  ...{ variant: "v1", data: "synthetic", epochs: 1, batchSize: 8, limitTrain: 16, limitTest: 8 },
  ...{ attack: { steps: 1 }, select: "none", backend: "wasm", workers: 1 },
};

/** Runs `body` in a folder with the given weights, as PyTorch saves them, in a file. */
function withGiven(body: (from: string, folder: string) => Promise<void>): Promise<void> {
  return inTemporary(async (folder) => {
    const from = join(folder, "given.pth");
    await Deno.writeFile(from, encodeTorch(GIVEN, {}));
    await body(from, folder);
  });
}

Deno.test("startRun() begins with given weights, of their width and with their normalisation", () =>
  withGiven(async (from, folder) => {
    const run = join(folder, "run");
    await startRun({ ...RECIPE, from, optimiser: { lr: 1e-12 }, select: "test" }, run);
    const { recipe, from: record } = await readRunRecord(run);
    assert.deepEqual([recipe.from, recipe.width, record!.normalised], [from, 2, true]);
    assert.equal((await evaluateRun(run, { attacks: ["clean"] })).clean!.n, 8);
    const { tensors } = await readWeightsSubject(run, undefined);
    for (const [name, { data }] of GIVEN) {
      if (!(data instanceof Float32Array) || name.includes("running")) continue;
      assertClose(tensors.get(name)!.data as Float32Array, data, 1e-6, name);
    }
    const counter = "bn1.num_batches_tracked";
    assert.ok(tensors.get(counter)!.data[0]! > GIVEN.get(counter)!.data[0]!, "goes on from theirs");
  }));

Deno.test("continueRun() and repeatRun() need the file of given weights no more", () =>
  withGiven(async (from, folder) => {
    const whole = join(folder, "whole"), stopped = join(folder, "stopped");
    await startRun({ ...RECIPE, from }, whole);
    const controller = new AbortController();
    const observer = { onStep: () => controller.abort() };
    const start = startRun({ ...RECIPE, from }, stopped, { observer, signal: controller.signal });
    await assert.rejects(start, { name: "Interrupted" });
    await Deno.remove(from);
    await continueRun(stopped);
    assert.deepEqual(await resultOf(stopped), await resultOf(whole));
    const again = join(folder, "again");
    await repeatRun(whole, again);
    assert.deepEqual(await resultOf(again), await resultOf(whole));
    await Deno.remove(join(again, "initial.safetensors"));
    await assert.rejects(
      repeatRun(again, join(folder, "third")),
      /initial\.safetensors does not exist/,
    );
    const given = { given: { from: "other.pth" } };
    await assert.rejects(
      continueRun(stopped, given),
      /^UsageError: --from other\.pth differs from/,
    );
  }));

Deno.test(
  "loadInitialWeights() takes the run's copy, and the file only where there is none yet",
  () =>
    withGiven(async (from, folder) => {
      const run = join(folder, "run"), copy = join(run, "initial.safetensors");
      const controller = new AbortController(); // before the first checkpoint
      const observer = { onStart: () => controller.abort() };
      const start = startRun({ ...RECIPE, from }, run, { observer, signal: controller.signal });
      await assert.rejects(start, { name: "Interrupted" });
      const record = await readRunRecord(run), { recipe } = record;
      const backend = await openBackend("wasm", { workers: 1 });
      const load = async () => {
        const network = withNormalisation(resnet18({ width: 2, classes: 10 }));
        const state = await loadInitialWeights(run, { recipe, from: record.from! }, network);
        const tracked = state.batchesTracked;
        [state.parameters, state.buffers].forEach(disposeAll);
        return tracked;
      };
      const bytes = await Deno.readFile(copy);
      assert.deepEqual(decodeSafetensors(bytes, copy).tensors.size, GIVEN.size);
      assert.equal(await load(), 7);
      await Deno.remove(copy);
      assert.equal(await load(), 7, "a run that was killed before it had its copy");
      assert.deepEqual(await Deno.readFile(copy), bytes, "has it now");
      await Deno.remove(copy);
      await Deno.writeFile(from, encodeTorch(new Map([...GIVEN].reverse()), {}));
      assert.equal(await load(), 7, "the same network in another file");
      await Deno.writeFile(copy, bytes.with(-1, bytes.at(-1)! ^ 1));
      await assert.rejects(
        load(),
        /initial\.safetensors is not what the run was started from: restore/,
      );
      await Deno.remove(copy);
      await Deno.remove(from);
      await assert.rejects(load(), /given\.pth does not exist\.$/);
      backend.close();
    }),
);

Deno.test("continueRun() makes the copy that a run was killed before, and can be repeated without the file", () =>
  withGiven(async (from, folder) => {
    const run = join(folder, "run"), again = join(folder, "again");
    const controller = new AbortController(), { signal } = controller;
    const observer = { onStart: () => controller.abort() };
    await assert.rejects(startRun({ ...RECIPE, from }, run, { observer, signal }), {
      name: "Interrupted",
    });
    for (const name of ["checkpoints", "memory", "initial.safetensors", "metrics.jsonl"]) {
      await Deno.remove(join(run, name), { recursive: true });
    }
    await continueRun(run);
    await Deno.remove(from);
    await repeatRun(run, again);
    assert.deepEqual(await resultOf(again), await resultOf(run));
  }));

Deno.test("startRun() begins with the weights of a checkpoint, and says that they have an average beside them", () =>
  inTemporary(async (folder) => {
    const before = join(folder, "before"), optimiser = { average: "ema" } as const;
    await startRun({ ...RECIPE, width: 1, optimiser }, before);
    const from = join(before, "checkpoints", "epoch-001.safetensors"), notes: string[] = [];
    const observer = {
      // What so few images leave out is noted too.
      onNote: (note: string) => /^--(limit|attack-steps)/.test(note) || notes.push(note),
    };
    const out = join(folder, "average.safetensors"), run = join(folder, "run");
    await startRun({ ...RECIPE, from }, run, { observer });
    assert.deepEqual(notes, [
      `${from} also has an average of these weights, which memloss eval measures: ` +
      `\`memloss weights import ${from} --key optimizer.average --out average.safetensors\` takes that, ` +
      "for --from average.safetensors.",
    ]);
    assert.deepEqual((await showWeights(from)).why, [
      "Every tensor that ResNet-18 has is there, in its shape, and no other but what an optimiser keeps.",
      `${from} also has an average of these weights, which memloss eval measures: --key optimizer.average shows it alone.`,
    ]);
    const began = async (run: string) => {
      const path = join(run, "initial.safetensors");
      return decodeSafetensors(await Deno.readFile(path), path).tensors.get("conv1.weight")!.data;
    };
    const { tensors } = decodeSafetensors(await Deno.readFile(from), from);
    assert.deepEqual(await began(run), tensors.get("conv1.weight")!.data);
    await importWeights(from, { out, key: "optimizer.average" });
    await repeatRun(run, join(folder, "again"), { observer });
    await startRun({ ...RECIPE, from: out }, join(folder, "averaged"), { observer });
    const average = tensors.get("optimizer.average.conv1.weight")!.data;
    assert.deepEqual(await began(join(folder, "averaged")), average);
    assert.equal(notes.length, 1, "of files that have none, nothing is said");
  }));

Deno.test("beginningOf() has another file's network in place of that of the file in a run's recipe, and none where none is asked for", () =>
  withGiven(async (from, folder) => {
    const run = join(folder, "run"), other = join(folder, "other");
    await startRun({ ...RECIPE, width: 1, model: "preact-resnet18" }, other);
    await startRun({ ...RECIPE, from }, run);
    const { recipe: named, where } = await readNamedRecipe(run);
    const begun = async (changes: RecipeInput) => {
      const { initial, recipe } = await beginningOf(changedRecipe(named, changes, where));
      const { from, model, width } = resolveRecipe(recipe);
      return [initial?.path, from, model, width];
    };
    const copy = join(run, "initial.safetensors");
    assert.deepEqual(await begun({}), [copy, copy, "resnet18", 2]);
    const last = join(other, "checkpoints", "epoch-001.safetensors");
    assert.deepEqual(await begun({ from: last }), [last, last, "preact-resnet18", 1]);
    assert.deepEqual(await begun({ from: "none" }), [undefined, undefined, "resnet18", 2]);
    await assert.rejects(begun({ model: "small-cnn" }), /^UsageError: --model small-cnn is not/);
    await assert.rejects(begun({ from: last, width: 2 }), /^UsageError: --width 2 is not/);
    const drawn = join(folder, "drawn");
    await startRun({ ...RECIPE, width: 1, from: "none" }, drawn);
    assert.equal((await readRunRecord(drawn)).recipe.from, undefined);
  }));

Deno.test("readInitialWeights() says what to name in place of a run's folder, or of another", () =>
  inTemporary(async (folder) => {
    const refused = (message: string) =>
      assert.rejects(readInitialWeights(folder), { name: "UsageError", message });
    await refused(`${folder} is a folder: name a file of weights.`);
    await Deno.writeTextFile(join(folder, "recipe.json"), "{}");
    await refused(
      `${folder} is the folder of a run: name a file in ${
        join(folder, "checkpoints")
      }, or the one that ` +
        `\`memloss weights export ${folder} --format torch --out weights.pt\` makes.`,
    );
  }));

Deno.test("startRun() refuses given weights of another width or for other classes, and makes no folder", () =>
  withGiven(async (from, folder) => {
    const run = join(folder, "run");
    const refused = (recipe: RecipeInput, message: RegExp) =>
      assert.rejects(startRun({ ...RECIPE, from, ...recipe }, run), {
        name: "UsageError",
        message,
      });
    await refused(
      { width: 4 },
      /^--width 4 is not that of --from .*given\.pth, which has 2: leave it out, or, if a --recipe says either, give --width 2 or/,
    );
    await refused({ from: join(folder, "absent") }, /absent does not exist\.$/);
    const five = (name: string, { shape, data }: SafeTensor): SafeTensor => {
      const rest = shape.slice(1), size = rest.reduce((a, b) => a * b, 5);
      assert.ok(data instanceof Float32Array, name);
      return { dtype: "F32", shape: [5, ...rest], data: data.slice(0, size) };
    };
    const other = new Map(GIVEN);
    for (const name of ["linear.weight", "linear.bias"]) {
      other.set(name, five(name, GIVEN.get(name)!));
    }
    await Deno.writeFile(from, encodeSafetensors(other, {}));
    await refused({}, /given\.pth tells 5 classes apart, but synthetic has 10\.$/);
    await assert.rejects(Deno.stat(run), Deno.errors.NotFound);
  }));
