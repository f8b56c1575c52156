import assert from "node:assert/strict";
import { VARIANTS } from "../../src/method/methods.ts";
import { type RecipeInput, resolveRecipe } from "../../src/recipe/recipe.ts";
import {
  decodeRunRecord,
  encodeRunRecord,
  resumeRecipe,
  type RunRecord,
} from "../../src/run/run_record.ts";

const PATH = "runs/a/recipe.json";

function recordOf(input: RecipeInput): RunRecord {
  return {
    format: 1,
    program: { version: "0.1.0", digest: "ab".repeat(32) },
    machine: { backend: "wasm", adapter: "WebAssembly SIMD", deno: "2.9.6" },
    dataSha256: "cd".repeat(32),
    recipe: resolveRecipe(input),
  };
}

const RECORD = recordOf({ variant: "v1", dataDir: "data" });

function refuses(text: string, message: string): void {
  assert.throws(() => decodeRunRecord(text, PATH), { name: "UsageError", message });
}

/** The text of {@linkcode RECORD} after `change`. */
function changed(
  change: (record: { recipe: Record<string, unknown> } & Record<string, unknown>) => void,
) {
  const record = JSON.parse(encodeRunRecord(RECORD));
  change(record);
  return JSON.stringify(record);
}

Deno.test("decodeRunRecord() reads back what encodeRunRecord() wrote", () => {
  for (const variant of VARIANTS) {
    const record = recordOf({ variant, attackNorm: "l2", checkpointEvery: 3 });
    const text = encodeRunRecord(record);
    assert.deepEqual(decodeRunRecord(text, PATH), record);
    assert.equal(text, `${JSON.stringify(record, null, 2)}\n`);
  }
});

Deno.test("decodeRunRecord() names a file that is not JSON", () => {
  const message = `${PATH} is not valid JSON: is it a recipe that memloss wrote?`;
  for (const text of ["", "{", encodeRunRecord(RECORD).slice(0, -3), "\u0000"]) {
    refuses(text, message);
  }
});

Deno.test("decodeRunRecord() names the field that is wrong, missing or unknown", () => {
  const no = `${PATH} is no memloss recipe:`;
  refuses("3", `${no} it: Invalid type: Expected Object but received 3.`);
  refuses(
    changed(({ recipe }) => recipe.width = "64"),
    `${no} recipe.width: must be a whole number from 1 to 1024.`,
  );
  refuses(
    changed(({ recipe }) => recipe.beta = -1),
    `${no} recipe.beta: must be a number of at least 0.`,
  );
  refuses(
    changed(({ recipe }) => delete recipe.epochs),
    `${no} recipe.epochs: Invalid key: Expected "epochs" but received undefined.`,
  );
  refuses(
    changed(({ recipe }) => recipe.colour = 3),
    `${no} recipe.colour: Invalid key: Expected never but received "colour".`,
  );
  refuses(
    changed((record) => delete record.dataSha256),
    `${no} dataSha256: Invalid key: Expected "dataSha256" but received undefined.`,
  );
  refuses(
    changed((record) => record.format = 2),
    `${no} format: Invalid type: Expected 1 but received 2.`,
  );
});

Deno.test("decodeRunRecord() refuses a recipe that lacks a coefficient of its variant, or has another's", () => {
  const no = `${PATH} is no memloss recipe:`;
  refuses(changed(({ recipe }) => delete recipe.beta), `${no} recipe.beta: is missing.`);
  refuses(
    changed(({ recipe }) => recipe.variant = "trades"),
    `${no} --beta-prime has no meaning for --variant trades.`,
  );
});

Deno.test("resumeRecipe() goes on with the stored recipe when nothing contradicts it", () => {
  const { recipe } = RECORD;
  assert.deepEqual(resumeRecipe(recipe, {}, PATH), recipe);
  assert.deepEqual(resumeRecipe(recipe, { ...recipe }, PATH), recipe);
  assert.deepEqual(resumeRecipe(recipe, { variant: "v1", beta: 3 }, PATH), recipe);
});

Deno.test("resumeRecipe() lets the data have moved", () => {
  const moved = resumeRecipe(RECORD.recipe, { dataDir: "/elsewhere" }, PATH);
  assert.deepEqual(moved, { ...RECORD.recipe, dataDir: "/elsewhere" });
});

Deno.test("resumeRecipe() lets damage be handled in another way", () => {
  const resumed = resumeRecipe(RECORD.recipe, { onCorruption: "stop" }, PATH);
  assert.deepEqual(resumed, { ...RECORD.recipe, onCorruption: "stop" });
});

Deno.test("resumeRecipe() takes a run that names no precision of its attack for one in float32", () => {
  const resumed = resumeRecipe(RECORD.recipe, { attackPrecision: "f32" }, PATH);
  assert.equal(resumed.attackPrecision, "f32");
});

Deno.test("resumeRecipe() names the first flag that differs, and what the run has", () => {
  const cases: [RecipeInput, string][] = [
    [{ epochs: 60 }, `--epochs 60 differs from ${PATH}, which has 50`],
    [{ variant: "v1", beta: 2, seed: 2 }, `--beta 2 differs from ${PATH}, which has 3`],
    [{ limitTrain: 9 }, `--limit-train 9 differs from ${PATH}, which has none`],
    [{ attackEps: 4 / 255 }, `--attack-eps ${4 / 255} differs from ${PATH}, which has ${8 / 255}`],
    [{ attackPrecision: "f16" }, `--attack-precision f16 differs from ${PATH}, which has f32`],
    [{ variant: "v2" }, `--variant v2 differs from ${PATH}, which has v1`],
    [{ backend: "webgpu" }, `--backend webgpu differs from ${PATH}, which has auto`],
  ];
  for (const [given, difference] of cases) {
    assert.throws(() => resumeRecipe(RECORD.recipe, given, PATH), {
      name: "UsageError",
      message: `${difference}: resume without it, or start a new run.`,
    });
  }
});

Deno.test("decodeRunRecord() understands what runs left unsaid before there were flags for it", () => {
  const text = changed(({ recipe }) => {
    for (const name of ["memoryView", "memoryAge", "memoryBudget", "onCorruption"]) {
      delete recipe[name];
    }
  });
  assert.deepEqual(decodeRunRecord(text, PATH), RECORD);
});
