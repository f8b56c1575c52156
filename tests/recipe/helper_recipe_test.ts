import assert from "node:assert/strict";
import { helperRecipe } from "../../src/recipe/helper_recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";

Deno.test("helperRecipe() is a plain standard training like the run's, without what that has of its method and for its gradient", () => {
  const recipe = resolveRecipe({
    ...{ variant: "hat+v1", helper: "somewhere", from: "weights", width: 16, epochs: 3, seed: 7 },
    ...{ select: "val", earlyStop: 2, limitTest: 9, threat: { norm: "l2" }, labelSmoothing: 0.1 },
    optimiser: { schedule: "step", average: "ema", clipGradNorm: 1, awp: 0.01, awpWarmup: 1 },
    ...{ attack: { start: "memory", firstSteps: 4 }, memory: { codec: "f16" } },
  });
  const given = helperRecipe(recipe), { attack, memory, ...rest } = resolveRecipe(given);
  assert.deepEqual([attack, memory], [undefined, undefined]);
  assert.deepEqual(rest, given, "nothing is left to defaults");
  const common: Record<string, unknown> = { ...recipe, variant: "standard", select: "none" };
  const optimiser: Record<string, unknown> = { ...recipe.optimiser };
  common.optimiser = optimiser;
  const own = ["helper", "from", "beta", "betaPrime", "gamma", "attack", "memory"];
  for (const name of [...own, "labelSmoothing", "earlyStop"]) {
    assert(name in common, name);
    delete common[name];
  }
  for (const name of ["clipGradNorm", "awp", "awpWarmup"]) {
    assert(name in optimiser, name);
    delete optimiser[name];
  }
  assert.deepEqual(given, common);
});
