import assert from "node:assert/strict";
import best from "../../recipes/memloss-best.json" with { type: "json" };
import fast from "../../recipes/memloss-fast.json" with { type: "json" };
import { changedRecipe } from "../../src/recipe/changes.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";

/** `recipe` with `changes`, complete. */
const changed = (recipe: RecipeInput, changes: RecipeInput) =>
  resolveRecipe(changedRecipe(recipe, changes, "r.json"));

const refuses = (recipe: RecipeInput, changes: RecipeInput, message: string) =>
  assert.throws(() => changedRecipe(recipe, changes, "r.json"), { name: "UsageError", message });

const BEST = best as RecipeInput, FAST = fast as RecipeInput;

Deno.test("changedRecipe() takes away what a change says is 0 or none, with its settings", () => {
  const { labelSmoothing: _, ...hard } = resolveRecipe(BEST);
  assert.deepEqual(changed(BEST, { labelSmoothing: 0 }), hard);
  const { awp: __, awpWarmup: ___, ...unperturbed } = resolveRecipe(BEST).optimiser;
  assert.deepEqual(changed(BEST, { optimiser: { awp: 0 } }).optimiser, unperturbed);
  const none: RecipeInput = { labelSmoothing: 0, optimiser: { awp: 0, average: "none" } };
  assert.deepEqual(changed(BEST, none), resolveRecipe({}));
  const slow: RecipeInput = {
    optimiser: { average: "ema", emaDecay: 0.99, averageBatchNorm: "reestimated" },
  };
  assert.deepEqual(changed(slow, { optimiser: { average: "none" } }), resolveRecipe({}));
  const stopping: RecipeInput = { earlyStop: 3, cutout: 8, optimiser: { clipGradNorm: 1 } };
  const off: RecipeInput = { earlyStop: 0, cutout: 0, optimiser: { clipGradNorm: 0 } };
  assert.deepEqual(changed(stopping, off), resolveRecipe({}));
  assert.deepEqual(
    changed({ earlyStop: 3 }, { earlyStop: 0, select: "none" }),
    resolveRecipe({ select: "none" }),
  );
});

Deno.test("changedRecipe() takes away the settings of a schedule, and of a start, that a change replaces", () => {
  const knots: RecipeInput = { optimiser: { schedule: "piecewise", lrKnots: "0:1,50:0" } };
  assert.deepEqual(changed(knots, { optimiser: { schedule: "onecycle" } }), resolveRecipe({}));
  const resets: RecipeInput = { attack: { start: "memory", firstSteps: 5 }, memory: { reset: 9 } };
  assert.deepEqual(changed(resets, { attack: { start: "noise" } }), resolveRecipe({}));
});

Deno.test("changedRecipe() leaves the network to the file that a change names in place of the recipe's", () => {
  const begun: RecipeInput = { from: "a", model: "small-cnn", width: 8, activation: "silu" };
  const other = (changes: RecipeInput) => changedRecipe({ ...begun, seed: 3 }, changes, "r.json");
  const activation = "silu";
  assert.deepEqual(other({ from: "b", activation }), { from: "b", activation, seed: 3 });
  const narrow: RecipeInput = { from: "b", width: 4, activation: "relu" };
  assert.deepEqual(other(narrow), { ...narrow, seed: 3 });
  assert.deepEqual(other({ from: "a" }), { ...begun, seed: 3 });
  const { activation: _, ...plain } = begun;
  assert.deepEqual(changedRecipe(plain, { from: "b" }, "r.json"), { from: "b" });
  // The file need not say its nonlinearity: it may be the same one in another place, or a network of ReLUs.
  refuses(
    begun,
    { from: "b" },
    "r.json says activation silu of the weights in a: with --from b, give --activation too.",
  );
  assert.deepEqual(other({ seed: 4 }), { ...begun, seed: 4 });
  const { from: __, ...network } = begun;
  assert.deepEqual(changed(begun, { from: "none" }), resolveRecipe(network));
  assert.equal(changedRecipe({ ...begun, from: "none" }, { from: "b" }, "r.json").width, 8);
  // A network that is no file's is the recipe's own.
  assert.deepEqual(changedRecipe(network, { from: "b" }, "r.json"), { ...network, from: "b" });
});

Deno.test("changedRecipe() refuses what a change leaves without a meaning, and settings that are asked for all the same", () => {
  const advice = "Change the flags, or a copy of r.json.";
  refuses(
    { beta: 2.5 },
    { variant: "standard" },
    `--beta has no meaning for --variant standard. ${advice}`,
  );
  refuses(
    BEST,
    { optimiser: { awp: 0, awpWarmup: 3 } },
    `--awp-warmup has no meaning for a run without --awp. ${advice}`,
  );
  refuses(
    { earlyStop: 3 },
    { select: "none" },
    `--early-stop has no meaning for --select none. ${advice}`,
  );
});

Deno.test("changedRecipe() refuses a recipe's settings of what it does not have, whatever is changed", () => {
  const idle: RecipeInput = {
    optimiser: { emaDecay: 0.99, awpWarmup: 3 },
    attack: { firstSteps: 20 },
    memory: { reset: 5 },
  };
  refuses(
    idle,
    { variant: "v1" },
    "r.json says optimiser.emaDecay 0.99 and optimiser.awpWarmup 3 and attack.firstSteps 20 and memory.reset 5, " +
      "without a meaning for --weight-average none and a run without --awp and --attack-start noise: " +
      "change the flags, or a copy of r.json.",
  );
  const refusesDecay = (recipe: RecipeInput, changes: RecipeInput, average: string) =>
    refuses(
      recipe,
      changes,
      `r.json says optimiser.emaDecay 0.9, without a meaning for --weight-average ${average}: ` +
        "change the flags, or a copy of r.json.",
    );
  const swa: RecipeInput = { optimiser: { average: "swa", emaDecay: 0.9 } };
  refusesDecay(swa, {}, "swa");
  refusesDecay(swa, { optimiser: { average: "none" } }, "none");
  // Nor where something else of it keeps it from being settled.
  const knotless: RecipeInput = { optimiser: { schedule: "piecewise", emaDecay: 0.9 } };
  refusesDecay(knotless, { optimiser: { schedule: "onecycle" } }, "none");
  const off: RecipeInput = { optimiser: { awp: 0, awpWarmup: 3 } };
  assert.throws(() => changedRecipe(off, {}, "r.json"), /^UsageError: r\.json says .*awpWarmup 3,/);
  // What is missing can be given, and settings of what there was go with it.
  assert.equal(changed(swa, { optimiser: { average: "ema" } }).optimiser.emaDecay, 0.9);
  const started: RecipeInput = {
    attack: { start: "memory", firstSteps: 20 },
    memory: { reset: 5 },
  };
  assert.deepEqual(
    changed(idle, { ...started, optimiser: { average: "ema", awp: 0.01 } }),
    resolveRecipe({
      ...started,
      optimiser: { average: "ema", emaDecay: 0.99, awp: 0.01, awpWarmup: 3 },
    }),
  );
  const fast: RecipeInput = { variant: "fgsm-pgi", attack: { firstSteps: 3 } };
  assert.deepEqual(changed(fast, { variant: "trades" }), resolveRecipe({ variant: "trades" }));
});

Deno.test("changedRecipe() refuses a norm, or steps of another kind, that leave a length or a number of the other", () => {
  refuses(
    FAST,
    { threat: { norm: "l2" } },
    `r.json says attack.stepSize ${
      8 / 255
    } for --attack-norm linf: with --attack-norm l2, give --attack-step too.`,
  );
  refuses(
    { threat: { norm: "l2", epsilon: 2 }, attack: { stepSize: 0.5 } },
    { threat: { norm: "linf" } },
    "r.json says threat.epsilon 2 and attack.stepSize 0.5 for --attack-norm l2: " +
      "with --attack-norm linf, give --attack-eps and --attack-step too.",
  );
  refuses(
    FAST,
    { variant: "fgsm-pgi" },
    `r.json says attack.steps 2 and attack.stepSize ${8 / 255} for --variant v1: ` +
      "with --variant fgsm-pgi, give --attack-steps and --attack-step too.",
  );
  const l2: RecipeInput = { threat: { norm: "l2" }, attack: { stepSize: 0.3 } };
  const { threat, attack } = changed(FAST, l2);
  assert.deepEqual([threat.epsilon, attack!.steps, attack!.stepSize], [128 / 255, 2, 0.3]);
  // What follows from the norm, or is in it already, is no other's.
  assert.deepEqual(changed(BEST, { threat: { norm: "l2" } }).threat.epsilon, 128 / 255);
  assert.equal(changed(l2, { threat: { norm: "l2" } }).attack!.stepSize, 0.3);
  assert.equal(changed(FAST, { variant: "v2" }).attack!.stepSize, 8 / 255);
});

Deno.test("changedRecipe() mends a recipe that contradicts itself", () => {
  const wrong: RecipeInput = { variant: "trades", attack: { start: "memory" } };
  assert.deepEqual(
    changed(wrong, { variant: "v1" }),
    resolveRecipe({ attack: { start: "memory" } }),
  );
});
