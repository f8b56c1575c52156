import assert from "node:assert/strict";
import * as v from "valibot";
import { VARIANTS } from "../../src/method/methods.ts";
import {
  RECIPE_FLAGS,
  type RecipeInput,
  RecipeSchema,
  resolveRecipe,
} from "../../src/recipe/recipe.ts";

function refuses(input: RecipeInput, message: string): void {
  assert.throws(() => resolveRecipe(input), { name: "UsageError", message });
}

Deno.test("resolveRecipe() is the paper's recipe of MemLoss V1 when nothing is given", () => {
  assert.deepEqual(resolveRecipe({}), {
    variant: "v1",
    data: "cifar10",
    width: 64,
    epochs: 50,
    batchSize: 128,
    beta: 3,
    betaPrime: 2,
    memoryWeight: "complement",
    memoryCodec: "int8",
    memoryView: "stored",
    memoryAge: 1,
    memoryBudget: 256,
    onCorruption: "rerun",
    lr: 0.21,
    schedule: "onecycle",
    attackLoss: "kl",
    attackNorm: "linf",
    attackEps: 8 / 255,
    attackStep: 2 / 255,
    attackSteps: 10,
    select: "val",
    seed: 1,
    backend: "auto",
  });
});

Deno.test("resolveRecipe() gives every variant the paper's coefficients, and only those it has", () => {
  const own = VARIANTS.map((variant) => {
    const { beta, betaPrime, memoryWeight, memoryCodec, attackLoss } = resolveRecipe({ variant });
    return [variant, beta, betaPrime, memoryWeight, memoryCodec, attackLoss];
  });
  assert.deepEqual(own, [
    ["v1", 3, 2, "complement", "int8", "kl"],
    ["v2", 4, 1, "uniform", "int8", "kl"],
    ["v3", 4, 2, "uniform", "int8", "kl"],
    ["trades", 6, undefined, undefined, undefined, "kl"],
    ["pgd-at", undefined, undefined, undefined, undefined, "ce"],
    ["standard", undefined, undefined, undefined, undefined, undefined],
  ]);
  assert.ok(!("beta" in resolveRecipe({ variant: "standard" })), "absent, not undefined");
});

Deno.test("resolveRecipe() takes the paper's radius and steps in L2", () => {
  const l2 = resolveRecipe({ attackNorm: "l2" });
  assert.equal(l2.attackEps, 128 / 255);
  assert.ok(Math.abs(l2.attackStep - 25.6 / 255) < 1e-15);
  assert.equal(resolveRecipe({ attackNorm: "l2", attackEps: 1, attackSteps: 5 }).attackStep, 0.4);
  assert.equal(resolveRecipe({ attackEps: 4 / 255 }).attackStep, 2 / 255);
});

Deno.test("resolveRecipe() leaves what is given as it is", () => {
  const given: RecipeInput = {
    variant: "v3",
    data: "synthetic",
    dataDir: "/data",
    width: 4,
    epochs: 2,
    batchSize: 32,
    beta: 0,
    betaPrime: 0,
    memoryWeight: "misclassified",
    memoryCodec: "f32",
    memoryView: "realigned",
    memoryAge: 3,
    memoryEma: 0.8,
    memoryBudget: 0,
    memoryIndex: "http://127.0.0.1:4512/",
    onCorruption: "stop",
    lr: 0.1,
    schedule: "cosine",
    attackLoss: "ce",
    attackNorm: "l2",
    attackEps: 0.5,
    attackStep: 0.25,
    attackSteps: 3,
    attackPrecision: "f16",
    select: "none",
    limitTrain: 64,
    limitTest: 32,
    checkpointEvery: 5,
    seed: 0,
    backend: "wasm",
    workers: 2,
    deterministic: true,
  };
  assert.deepEqual(new Set(Object.keys(given)), new Set(Object.keys(RECIPE_FLAGS)), "every field");
  assert.deepEqual(resolveRecipe(given), given);
});

Deno.test("resolveRecipe() does not change a recipe that it made", () => {
  for (const variant of VARIANTS) {
    const recipe = resolveRecipe({ variant, attackNorm: "l2" });
    assert.deepEqual(resolveRecipe(recipe), recipe);
  }
});

Deno.test("resolveRecipe() refuses a field that its variant does not have", () => {
  refuses({ variant: "standard", beta: 1 }, "--beta has no meaning for --variant standard.");
  refuses({ variant: "pgd-at", beta: 1 }, "--beta has no meaning for --variant pgd-at.");
  refuses({ variant: "trades", betaPrime: 1 }, "--beta-prime has no meaning for --variant trades.");
  refuses(
    { variant: "trades", memoryCodec: "f32" },
    "--memory-codec has no meaning for --variant trades.",
  );
  refuses(
    { variant: "trades", onCorruption: "stop" },
    "--on-corruption has no meaning for --variant trades.",
  );
  refuses(
    { variant: "standard", attackLoss: "kl" },
    "--attack-loss has no meaning for --variant standard.",
  );
  refuses(
    { variant: "standard", attackPrecision: "f16" },
    "--attack-precision has no meaning for --variant standard.",
  );
});

Deno.test("resolveRecipe() refuses a memory weight that is not defined for its variant", () => {
  const weighing = (variant: string) =>
    `--memory-weight misclassified is not defined for --variant ${variant}`;
  refuses({ memoryWeight: "misclassified" }, `${weighing("v1")}: it takes complement.`);
  refuses(
    { variant: "v2", memoryWeight: "misclassified" },
    `${weighing("v2")}: it takes uniform.`,
  );
  refuses(
    { variant: "v3", memoryWeight: "complement" },
    "--memory-weight complement is not defined for --variant v3: it takes uniform or misclassified.",
  );
  refuses(
    { variant: "trades", memoryWeight: "misclassified" },
    `${weighing("trades")}, which has no memory.`,
  );
});

Deno.test("resolveRecipe() refuses the memory's attack loss without a memory, and with β = 0", () => {
  const message = "--attack-loss memory-kl weighs by β'/β: " +
    "it needs a variant with a memory (v1, v2, v3) and --beta over 0.";
  refuses({ variant: "trades", attackLoss: "memory-kl" }, message);
  refuses({ variant: "pgd-at", attackLoss: "memory-kl" }, message);
  refuses({ variant: "v2", attackLoss: "memory-kl", beta: 0 }, message);
  assert.equal(resolveRecipe({ attackLoss: "memory-kl" }).attackLoss, "memory-kl");
});

Deno.test("RecipeSchema takes every recipe back from JSON", () => {
  for (const variant of VARIANTS) {
    const recipe = resolveRecipe({ variant, dataDir: "/data", limitTrain: 7 });
    assert.deepEqual(v.parse(RecipeSchema, JSON.parse(JSON.stringify(recipe))), recipe);
  }
});

Deno.test("RecipeSchema refuses unknown fields, wrong types and what no flag would take", () => {
  const recipe = resolveRecipe({});
  const { width: _, ...incomplete } = recipe;
  for (
    const wrong of [
      { ...recipe, colour: "blue" },
      { ...recipe, width: "64" },
      { ...recipe, width: 0 },
      { ...recipe, beta: -1 },
      { ...recipe, beta: null },
      { ...recipe, variant: "v4" },
      { ...recipe, seed: 1.5 },
      incomplete,
    ]
  ) assert.equal(v.is(RecipeSchema, wrong), false, JSON.stringify(wrong));
});

Deno.test("resolveRecipe() refuses an average that its codec cannot hold, or that never learns", () => {
  const message = "--memory-ema mixes crops, which leaves the ball that int8 can store: " +
    "add --memory-view realigned, or --memory-codec f16 or f32.";
  refuses({ memoryEma: 0.8 }, message);
  refuses({ memoryEma: 0, memoryView: "stored", memoryCodec: "int8" }, message);
  refuses(
    { memoryEma: 1, memoryView: "realigned" },
    "--memory-ema must be below 1, not 1: 1 would never learn.",
  );
  refuses(
    { memoryIndex: "index.kv" },
    '--memory-index must be an http or https address, not "index.kv".',
  );
  assert.equal(resolveRecipe({ memoryIndex: " HTTPS://Host" }).memoryIndex, "https://host/");
  refuses({ variant: "trades", memoryAge: 2 }, "--memory-age has no meaning for --variant trades.");
  for (
    const input of [
      { memoryView: "realigned" },
      { memoryCodec: "f16" },
      { memoryCodec: "f32" },
      { attackNorm: "l2" },
    ] as const
  ) {
    assert.equal(resolveRecipe({ memoryEma: 0.8, ...input }).memoryEma, 0.8);
  }
});
