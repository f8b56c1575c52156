import assert from "node:assert/strict";
import { join } from "@std/path";
import { choices, resolveRecipe } from "../../src/recipe/resolve.ts";
import { readRecipeFile } from "../../src/run/recipe_file.ts";
import { encodeRunRecord, type RunRecord } from "../../src/run/run_record.ts";
import { inTemporary } from "../memory/support.ts";

const RECORD: RunRecord = {
  format: 2,
  program: { version: "0.1.0", digest: "0" },
  machine: { backend: "wasm", adapter: "here", deno: "2.9.6" },
  dataSha256: "0",
  recipe: resolveRecipe({
    ...{ variant: "v2", beta: 5, dataDir: "/there", workers: 3, backend: "auto" },
    memory: { index: "http://localhost:4512", codec: "f16", budget: 7 },
  }),
};

Deno.test("readRecipeFile() reads what a run is, on which engine, and not where it was", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "recipe.json");
    await Deno.writeTextFile(path, encodeRunRecord(RECORD));
    const read = await readRecipeFile(path);
    const { variant, beta, dataDir, workers, backend, memory, from } = read;
    assert.deepEqual([variant, beta, backend, memory?.codec], ["v2", 5, "wasm", "f16"]);
    assert.deepEqual(
      [dataDir, workers, memory?.index, memory?.budget, from],
      Array(5).fill(undefined),
    );
    const { dataDir: _, workers: __, memory: ___, ...same } = RECORD.recipe;
    const { memory: ____, ...again } = resolveRecipe(read);
    assert.deepEqual(again, { ...same, backend: "wasm" });
  }));

Deno.test("readRecipeFile() names the weights that the run keeps, of its beginning and of its helper", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "recipe.json");
    const given = { sha256: "0", copySha256: "0", normalised: false };
    const recipe = resolveRecipe({
      variant: "hat",
      from: "/there/weights.pt",
      helper: "/there/run",
    });
    const record = { ...RECORD, recipe, from: given, helper: given };
    await Deno.writeTextFile(path, encodeRunRecord(record));
    const { from, helper } = await readRecipeFile(path);
    assert.equal(from, join(folder, "initial.safetensors"));
    assert.equal(helper, join(folder, "helper.safetensors"));
  }));

Deno.test("readRecipeFile() asks where auxiliary images are, and what follows from the rest of the recipe still does", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "recipe.json");
    const mixed = { auxData: "/there.npz", auxFraction: 0.5, variant: "v1" } as const;
    await Deno.writeTextFile(path, encodeRunRecord({ ...RECORD, recipe: resolveRecipe(mixed) }));
    await assert.rejects(readRecipeFile(path), {
      name: "UsageError",
      message: `By ${path}, batches have auxiliary images: say where these are with --aux-data.`,
    });
    const read = await readRecipeFile(path, "here.npz");
    assert.deepEqual(choices(read), { auxData: "here.npz", auxFraction: 0.5, backend: "wasm" });
    await Deno.writeTextFile(path, JSON.stringify(mixed));
    assert.deepEqual(await readRecipeFile(path), mixed);
    assert.equal((await readRecipeFile(path, "here.npz")).auxData, "here.npz");
  }));

Deno.test("readRecipeFile() refuses what is no recipe, in one sentence that names it", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "recipe.json");
    await assert.rejects(readRecipeFile(path), {
      name: "UsageError",
      message: `${path} does not exist.`,
    });
    await Deno.writeTextFile(path, "{}");
    await assert.rejects(readRecipeFile(path), /^UsageError: .*recipe\.json is no memloss recipe/);
  }));

Deno.test("readRecipeFile() takes some fields of a recipe as they are written, and names one that is wrong", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "fast.json");
    const given = { variant: "v3", attack: { start: "memory", steps: 2 }, dataDir: "here" };
    await Deno.writeTextFile(path, JSON.stringify(given));
    assert.deepEqual(await readRecipeFile(path), given);
    for (
      const [text, message] of [
        ['{"attack": {"steps": 0}}', "attack.steps must be a whole number from 1 to 10000, not 0."],
        ['{"epoch": 3}', '"epoch" is no part of one: did you mean "epochs"?'],
        ['{"limit-train": 3}', '"limit-train" is no part of one: did you mean "limitTrain"?'],
        ['{"attackSteps": 3}', '"attackSteps" is no part of one: did you mean "attack.steps"?'],
        ['{"colours": 3}', '"colours" is no part of one.'],
        ['{"attack": 3}', '"attack" has another form there.'],
        ['{"attack": []}', '"attack" has another form there.'],
        ['{"epochs": 3, "epochs": 4}', 'it has "epochs" twice in one place.'],
        ['{"attack": {"steps": 3, "steps": 4}}', 'it has "steps" twice in one place.'],
      ]
    ) {
      await Deno.writeTextFile(path, text!);
      await assert.rejects(readRecipeFile(path), {
        name: "UsageError",
        message: `${path} is no memloss recipe: ${message}`,
      });
    }
    for (const text of ["[]", "null", "{", '{"format": 9}']) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(readRecipeFile(path), { name: "UsageError" }, text);
    }
  }));

Deno.test("recipes/ has the paper's V1, what starts its attacks from the memory, and what adds to it", async () => {
  const read = (name: string) =>
    readRecipeFile(join(import.meta.dirname!, `../../recipes/${name}.json`));
  const [paper, fast] = [await read("memloss-v1"), await read("memloss-fast")];
  const added = { average: "ema", emaDecay: 0.999, awp: 0.005, awpWarmup: 5 } as const;
  assert.deepEqual(
    resolveRecipe(await read("memloss-best")),
    resolveRecipe({ labelSmoothing: 0.1, optimiser: added }),
  );
  assert.deepEqual(resolveRecipe(paper), resolveRecipe({}), "the defaults are the paper's");
  const { attack, memory, ...rest } = resolveRecipe(fast);
  const { attack: _, memory: __, ...same } = resolveRecipe({});
  assert.deepEqual(rest, same);
  assert.deepEqual([attack?.start, attack?.steps, attack?.firstSteps], ["memory", 2, 10]);
  assert.equal(memory?.view, "realigned");
});
