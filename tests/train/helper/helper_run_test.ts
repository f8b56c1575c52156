import assert from "node:assert/strict";
import { join } from "@std/path";
import type { RecipeInput } from "../../../src/recipe/recipe.ts";
import { isTrained, readRunRecord } from "../../../src/run/folder/files.ts";
import { readRecipeFile } from "../../../src/run/recipe_file.ts";
import { encodeRunRecord } from "../../../src/run/run_record.ts";
import { readWeightsSubject } from "../../../src/run/subject.ts";
import { continueRun, repeatRun, startRun } from "../../../src/train/start.ts";
import type { RunObserver } from "../../../src/train/start_options.ts";
import { inTemporary } from "../../memory/support.ts";

const SMALL: RecipeInput = {
  ...{ data: "synthetic", limitTrain: 8, limitTest: 4, width: 1, workers: 1, epochs: 2, seed: 4 },
  ...{ batchSize: 4, select: "none", backend: "wasm" },
};
const HAT: RecipeInput = { ...SMALL, variant: "hat", attack: { steps: 1 } };

const digestOf = async (run: string) => (await readWeightsSubject(run, "last")).sha256;

/** Writes down the steps of the helper and of the run, and aborts after the `last`. */
function watch(last?: string): { seen: string[]; observer: RunObserver; signal: AbortSignal } {
  const stop = new AbortController(), seen: string[] = [];
  const as = (who: string): RunObserver => ({
    onStep({ epoch, step }) {
      const name = `${who} ${epoch}.${step}`;
      seen.push(name);
      if (name === last) stop.abort();
    },
  });
  const observer = {
    ...as("run"),
    onHelper(
      { directory, recipe, continued }: Parameters<NonNullable<RunObserver["onHelper"]>>[0],
    ) {
      seen.push(`${recipe.variant} ${continued ? "goes on" : "begins"} in ${directory.slice(-6)}`);
      return as("helper");
    },
  };
  return { seen, observer, signal: stop.signal };
}

const HELPER = ["helper 1.1", "helper 1.2", "helper 2.1", "helper 2.2"];
const RUN = ["run 1.1", "run 1.2", "run 2.1", "run 2.2"];

Deno.test("startRun() with --helper auto makes the run that its standard one, trained before, would have made", () =>
  inTemporary(async (folder) => {
    const [helper, given, own] = ["standard", "given", "own"].map((name) => join(folder, name));
    await startRun({ ...SMALL, variant: "standard" }, helper!);
    await startRun({ ...HAT, helper: helper! }, given!);
    const watched = watch();
    await startRun({ ...HAT, helper: "auto" }, own!, watched);
    assert.deepEqual(watched.seen, ["standard begins in helper", ...HELPER, ...RUN]);
    assert.equal(await digestOf(join(own!, "helper")), await digestOf(helper!));
    assert.equal(await digestOf(own!), await digestOf(given!));
    assert.equal((await readRunRecord(own!)).recipe.helper, "auto");

    const again = watch();
    await repeatRun(own!, join(folder, "again"), again);
    assert.deepEqual(again.seen, watched.seen, "a run that is made again makes its helper too");
    assert.equal(await digestOf(join(folder, "again")), await digestOf(own!));
  }));

Deno.test("continueRun() goes on with the helper where it was stopped, and then with the run", () =>
  inTemporary(async (folder) => {
    const whole = join(folder, "whole"), run = join(folder, "run");
    await startRun({ ...HAT, helper: "auto" }, whole);
    const first = watch("helper 1.2");
    const start = startRun({ ...HAT, helper: "auto" }, run, first);
    await assert.rejects(start, {
      name: "Interrupted",
      message: "helper: Stopped in epoch 1 after step 2; everything so far is saved.",
    });
    assert.equal(await isTrained(join(run, "helper")), false);
    const second = watch("run 1.1");
    await assert.rejects(continueRun(run, second), { name: "Interrupted" });
    assert.deepEqual(second.seen, [
      "standard goes on in helper",
      "helper 2.1",
      "helper 2.2",
      "run 1.1",
    ]);
    const third = watch();
    await continueRun(run, third);
    assert.deepEqual(third.seen, RUN.slice(1), "the helper is done");
    assert.equal(await digestOf(run), await digestOf(whole));
  }));

Deno.test("startRun() keeps the helper that it has trained where the run cannot begin", () =>
  inTemporary(async (folder) => {
    const run = join(folder, "run"), memory = { index: "http://127.0.0.1:9/" }; // nobody listens
    const recipe: RecipeInput = { ...HAT, variant: "hat+v1", helper: "auto", epochs: 1, memory };
    await assert.rejects(startRun(recipe, run), { message: /127\.0\.0\.1:9/ });
    assert.ok(await isTrained(join(run, "helper")));
    assert.equal((await readRunRecord(run)).recipe.helper, "auto");
  }));

Deno.test("continueRun() keeps to the helper that the run has trained, whatever becomes of its folder", () =>
  inTemporary(async (folder) => {
    const recipe: RecipeInput = { ...HAT, helper: "auto", optimiser: { schedule: "constant" } };
    const whole = join(folder, "whole"), run = join(folder, "run"), helper = join(run, "helper");
    await startRun(recipe, whole);
    await assert.rejects(startRun(recipe, run, watch("run 1.1")), {
      message: "Stopped in epoch 1 after step 1; everything so far is saved.",
    });
    await continueRun(helper, { given: { epochs: 3 } });
    await continueRun(run);
    assert.equal(await digestOf(run), await digestOf(whole));
    await Deno.remove(helper, { recursive: true });
    const over = watch();
    await continueRun(run, over);
    assert.deepEqual(over.seen, []);
    const { helper: said, recipe: { helper: named } } = await readRunRecord(run);
    assert.deepEqual([said, named], [(await readRunRecord(whole)).helper, "auto"]);
    assert.equal((await readRecipeFile(join(run, "recipe.json"))).helper, "auto");
    const copy = join(run, "helper.safetensors");
    await Deno.copyFile(join(run, "checkpoints", "last"), copy);
    await assert.rejects(continueRun(run), { message: /helper\.safetensors is not the helper/ });
  }));

Deno.test("continueRun() goes on with a run that has kept no helper of its own, and trains none for one that is over", () =>
  inTemporary(async (folder) => {
    const whole = join(folder, "whole"), run = join(folder, "run"), path = join(run, "recipe.json");
    const forget = async () => {
      const { helper: _, ...record } = await readRunRecord(run);
      await Deno.writeTextFile(path, encodeRunRecord(record));
      await Deno.remove(join(run, "helper.safetensors"));
    };
    await startRun({ ...HAT, helper: "auto" }, whole);
    await assert.rejects(startRun({ ...HAT, helper: "auto" }, run, watch("run 1.1")), {
      name: "Interrupted",
    });
    await forget();
    await continueRun(run);
    assert.equal(await digestOf(run), await digestOf(whole));
    assert.ok((await readRunRecord(run)).helper);
    await forget();
    await Deno.remove(join(run, "helper"), { recursive: true });
    const over = watch();
    await continueRun(run, over);
    assert.deepEqual(over.seen, []);
  }));

Deno.test("startRun() says that it was its helper's training that failed", () =>
  inTemporary((folder) =>
    assert.rejects(
      startRun({ ...HAT, helper: "auto", optimiser: { lr: 1e30 } }, join(folder, "run")),
      {
        name: "RunError",
        message: /^helper: The .* is not finite .* try a lower --lr than 1e\+30/,
      },
    )
  ));
