import assert from "node:assert/strict";
import { VARIANTS } from "../../src/method/methods.ts";
import type { Recipe, RecipeInput } from "../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import {
  decodeRunRecord,
  encodeRunRecord,
  resumeRecipe,
  type RunRecord,
} from "../../src/run/run_record.ts";

const PATH = "runs/a/recipe.json";

function recordOf(input: RecipeInput): RunRecord {
  return {
    format: 2,
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
    const record = recordOf({ variant, threat: { norm: "l2" }, checkpointEvery: 3 });
    const text = encodeRunRecord(record);
    assert.deepEqual(decodeRunRecord(text, PATH), record);
    assert.equal(text, `${JSON.stringify(record, null, 2)}\n`);
  }
});

Deno.test("decodeRunRecord() keeps the classes and the size of found images, and refuses to do without", () => {
  const record = recordOf({ variant: "v1", data: "folder", dataDir: "photos", imageSize: 48 });
  const data = { classes: ["a", "b"], shape: { height: 48, width: 48, channels: 3 } };
  assert.deepEqual(decodeRunRecord(encodeRunRecord({ ...record, data }), PATH), {
    ...record,
    data,
  });
  refuses(encodeRunRecord(record), `${PATH} is no memloss recipe: data: is missing.`);
});

Deno.test("decodeRunRecord() names a file that is not JSON", () => {
  const message = `${PATH} is not valid JSON: is it a recipe that memloss wrote?`;
  for (const text of ["", "{", encodeRunRecord(RECORD).slice(0, -3), "\u0000"]) {
    refuses(text, message);
  }
});

Deno.test("decodeRunRecord() names the field that is wrong, missing or unknown", () => {
  const no = `${PATH} is no memloss recipe:`;
  refuses("3", `${no} it must be Object, not 3.`);
  refuses(
    changed(({ recipe }) => recipe.attack = []),
    `${no} recipe.attack must be an object.`,
  );
  refuses(
    encodeRunRecord(RECORD).replace('"seed": 1', '"seed": 1, "seed": 2'),
    `${no} it has "seed" twice in one place.`,
  );
  refuses(
    changed(({ recipe }) => recipe.width = "64"),
    `${no} recipe.width must be a whole number from 1 to 1024.`,
  );
  refuses(
    changed(({ recipe }) => recipe.beta = -1),
    `${no} recipe.beta must be a number of at least 0.`,
  );
  refuses(
    changed(({ recipe }) => delete recipe.epochs),
    `${no} recipe.epochs: is missing.`,
  );
  refuses(
    changed(({ recipe }) => recipe.colour = 3),
    `${no} recipe has "colour", which it cannot have.`,
  );
  refuses(
    changed((record) => delete record.dataSha256),
    `${no} it has no dataSha256.`,
  );
  refuses(
    changed((record) => record.format = 3),
    `${no} format must be 2, not 3.`,
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
  const mixed = recordOf({ auxData: "here.npz" }).recipe;
  const there = resumeRecipe(mixed, { auxData: "there.npz" }, PATH);
  assert.deepEqual(there, { ...mixed, auxData: "there.npz" });
});

Deno.test("resumeRecipe() lets damage be handled in another way", () => {
  const resumed = resumeRecipe(RECORD.recipe, { memory: { onCorruption: "stop" } }, PATH);
  const memory = { ...RECORD.recipe.memory, onCorruption: "stop" };
  assert.deepEqual(resumed, { ...RECORD.recipe, memory });
});

Deno.test("resumeRecipe() takes a switch that is off for what a run without it has", () => {
  assert.deepEqual(resumeRecipe(RECORD.recipe, { deterministic: false }, PATH), RECORD.recipe);
  const strict = { ...RECORD.recipe, deterministic: true };
  assert.throws(
    () => resumeRecipe(strict, { deterministic: false }, PATH),
    /^UsageError: --deterministic false differs from .*, which has true: /,
  );
});

Deno.test("resumeRecipe() takes a value that is what the run does, which does not say it, and goes on without it", () => {
  const averaged = recordOf({ variant: "v1", optimiser: { average: "ema" } }).recipe;
  const idle: RecipeInput[] = [
    { activation: "relu" },
    { optimiser: { averageBatchNorm: "averaged" } },
    { memory: { ema: 0 } },
    { microBatch: averaged.batchSize },
    { labelSmoothing: 0, cutout: 0, earlyStop: 0, optimiser: { awp: 0, clipGradNorm: 0 } },
  ];
  const trades = recordOf({ variant: "trades" }).recipe;
  assert.deepEqual(resumeRecipe(trades, { memory: { ema: 0 } }, PATH), trades);
  for (const given of idle) assert.deepEqual(resumeRecipe(averaged, given, PATH), averaged);
  const other: [RecipeInput, Recipe, RegExp][] = [
    [{ activation: "silu" }, averaged, /--activation silu differs from .+, which has none/],
    [{ activation: "relu" }, { ...averaged, activation: "silu" }, /relu differs .+ has silu/],
    [{ memory: { ema: 0.1 } }, averaged, /--memory-ema 0\.1 differs from .+, which has none/],
    [{ optimiser: { awp: 0 } }, recordOf({ optimiser: { awp: 0.1 } }).recipe, /--awp 0 differs/],
    [{ microBatch: averaged.batchSize - 1 }, averaged, /--micro-batch \d+ differs/],
    [idle[1]!, RECORD.recipe, /--average-batch-norm averaged differs from .+, which has none/],
  ];
  for (const [given, recipe, message] of other) {
    assert.throws(() => resumeRecipe(recipe, given, PATH), { name: "UsageError", message });
  }
});

Deno.test("resumeRecipe() names the first flag that differs, and what the run has", () => {
  const cases: [RecipeInput, string][] = [
    [{ variant: "v1", beta: 2, seed: 2 }, `--beta 2 differs from ${PATH}, which has 3`],
    [{ limitTrain: 9 }, `--limit-train 9 differs from ${PATH}, which has none`],
    [
      { threat: { epsilon: 4 / 255 } },
      `--attack-eps ${4 / 255} differs from ${PATH}, which has ${8 / 255}`,
    ],
    [
      { attack: { precision: "f16" } },
      `--attack-precision f16 differs from ${PATH}, which has f32`,
    ],
    [{ variant: "v2" }, `--variant v2 differs from ${PATH}, which has v1`],
    [{ auxData: "more.npz" }, `--aux-data more.npz differs from ${PATH}, which has none`],
    [{ backend: "webgpu" }, `--backend webgpu differs from ${PATH}, which has auto`],
  ];
  for (const [given, difference] of cases) {
    assert.throws(() => resumeRecipe(RECORD.recipe, given, PATH), {
      name: "UsageError",
      message: `${difference}: resume without it, or start a new run.`,
    });
  }
  const { recipe } = recordOf({ variant: "v1", data: "folder", testSeed: 3 });
  assert.deepEqual(resumeRecipe(recipe, { testSeed: 3 }, PATH), recipe);
  assert.throws(() => resumeRecipe(recipe, { testSeed: 4 }, PATH), {
    name: "UsageError",
    message: /^--test-seed 4 differs from .+, which has 3: resume without it/,
  });
});

Deno.test("resumeRecipe() takes more epochs where the schedule does not depend on their number, and says where not", () => {
  const refuses = (stored: RecipeInput, given: RecipeInput, message: string) =>
    assert.throws(() => resumeRecipe(recordOf(stored).recipe, given, PATH), {
      name: "UsageError",
      message: `--epochs ${given.epochs} differs from ${PATH}, which has 50${message}`,
    });
  for (const schedule of ["onecycle", "cosine"] as const) {
    refuses(
      { optimiser: { schedule } },
      { epochs: 60 },
      `, and --schedule ${schedule} is laid over all of them: resume without it, or start a new run, ` +
        "with one of step, cosine-restarts, piecewise, constant if it is to be longer later.",
    );
  }
  for (const schedule of ["step", "cosine-restarts", "piecewise", "constant"] as const) {
    const knots = schedule === "piecewise" ? { lrKnots: "0:1,50:0.1" } : {};
    const stored: RecipeInput = { optimiser: { schedule, ...knots } },
      { recipe } = recordOf(stored);
    assert.deepEqual(resumeRecipe(recipe, { epochs: 60 }, PATH), { ...recipe, epochs: 60 });
    assert.throws(
      () => resumeRecipe(recipe, { epochs: 60, optimiser: { swaStart: 38 } }, PATH),
      { message: /^--swa-start 38 differs from .*, which has none: resume without it/ },
    );
    refuses(
      stored,
      { epochs: 49 },
      ": it can only be raised; resume without it, or start a new run.",
    );
  }
  refuses(
    { variant: "hat", helper: "auto", optimiser: { schedule: "constant" } },
    { epochs: 60 },
    ", and its helper was trained for as many: resume without it, or start a new run.",
  );
  const lrKnots = "0:0,25:1,50:0";
  refuses(
    { optimiser: { schedule: "piecewise", lrKnots } },
    { epochs: 60 },
    `, and --lr-knots ${lrKnots} is 0 from epoch 51 on: resume without it, or start a new run with other knots.`,
  );
  // Runs of earlier programs can be idle at once: that alone keeps none from being longer.
  const late = recordOf({ optimiser: { schedule: "piecewise", lrKnots: "2:0,50:1" } }).recipe;
  assert.deepEqual(resumeRecipe(late, { epochs: 60 }, PATH), { ...late, epochs: 60 });
  const averaged: RecipeInput = { optimiser: { schedule: "constant", average: "swa" } };
  for (const optimiser of [{}, { swaStart: 46 }]) {
    refuses(
      averaged,
      { epochs: 60, optimiser },
      ", and its --swa-start stays what it was: say --swa-start 38 too, or start a new run.",
    );
  }
  const { recipe } = recordOf(averaged), { swaStart } = recipe.optimiser;
  const longer = resumeRecipe(recipe, { epochs: 60, optimiser: { swaStart: swaStart! } }, PATH);
  assert.deepEqual(longer, { ...recipe, epochs: 60 });
});

Deno.test("resumeRecipe() refuses the steps of an attack that there is not", () => {
  const { recipe } = recordOf({ variant: "standard" });
  assert.throws(() => resumeRecipe(recipe, { attack: { steps: 3 } }, PATH), {
    message: `--attack-steps 3 differs from ${PATH}, which has none: ` +
      "resume without it, or start a new run.",
  });
});

/** `recipe.json` of a run that an earlier program made. */
function earlier(name: string): string {
  return Deno.readTextFileSync(new URL(`../fixtures/format1/${name}.json`, import.meta.url));
}

/** What format 1 left unsaid. */
const SINCE = { model: "resnet18", cropPadding: 4 };
const OPTIMISER = {
  lr: 0.21,
  schedule: "onecycle",
  momentum: 0.95,
  baseMomentum: 0.85,
  weightDecay: 5e-4,
  average: "none",
};
const RUN = {
  data: "synthetic",
  limitTrain: 112,
  limitTest: 64,
  width: 4,
  batchSize: 32,
  seed: 5,
  threat: { norm: "linf", epsilon: 8 / 255 },
  select: "none",
  backend: "wasm",
  workers: 2,
  deterministic: true,
};

Deno.test("decodeRunRecord() reads the recipes of runs made before", () => {
  const v3 = decodeRunRecord(earlier("v3"), PATH);
  assert.equal(v3.format, 2);
  assert.match(v3.dataSha256, /^4a648f85/);
  assert.deepEqual(v3.recipe, {
    ...{ ...RUN, ...SINCE, optimiser: OPTIMISER, variant: "v3", epochs: 4, beta: 4, betaPrime: 2 },
    attack: { steps: 3, start: "noise", stepSize: 2 / 255, loss: "kl", precision: "f32" },
    memory: {
      weight: "misclassified",
      codec: "int8",
      view: "stored",
      age: 2,
      budget: 256,
      onCorruption: "rerun",
    },
  });
  const standard = decodeRunRecord(earlier("standard"), PATH);
  assert.deepEqual(standard.recipe, {
    ...{ ...RUN, ...SINCE, optimiser: OPTIMISER, variant: "standard", epochs: 3 },
  });
  // Which was what there was for every method, whatever it is now.
  const selecting = JSON.parse(earlier("standard"));
  selecting.recipe.select = "val";
  assert.equal(decodeRunRecord(JSON.stringify(selecting), PATH).recipe.select, "val");
  const { memory } = decodeRunRecord(earlier("v1-average"), PATH).recipe;
  assert.deepEqual([memory?.view, memory?.ema], ["realigned", 0.8]);
});

Deno.test("decodeRunRecord() refuses of format 1 what it refused then", () => {
  const change = (edit: (recipe: Record<string, unknown>) => void) => {
    const record = JSON.parse(earlier("v3"));
    edit(record.recipe);
    return JSON.stringify(record);
  };
  const no = `${PATH} is no memloss recipe:`;
  refuses(change((recipe) => delete recipe.beta), `${no} recipe.beta: is missing.`);
  refuses(change((recipe) => delete recipe.attackSteps), `${no} recipe.attack.steps: is missing.`);
  refuses(
    change((recipe) => recipe.width = "64"),
    `${no} recipe.width must be a whole number from 1 to 1024.`,
  );
  refuses(
    change((recipe) => recipe.colour = 3),
    `${no} recipe has "colour", which it cannot have.`,
  );
  refuses(
    change((recipe) => recipe.variant = "trades"),
    `${no} --beta-prime has no meaning for --variant trades.`,
  );
});

Deno.test("decodeRunRecord() understands what runs left unsaid before there were flags for it", () => {
  const before = JSON.parse(earlier("v3"));
  const flat = decodeRunRecord(JSON.stringify(before), PATH);
  for (const name of ["memoryView", "memoryBudget", "onCorruption"]) delete before.recipe[name];
  assert.deepEqual(decodeRunRecord(JSON.stringify(before), PATH), flat);
  const later = changed(({ recipe }) => {
    delete recipe.cropPadding;
    delete (recipe.optimiser as Record<string, unknown>).weightDecay;
  });
  assert.deepEqual(decodeRunRecord(later, PATH), RECORD);
});
