import assert from "node:assert/strict";
import { helperRecipe } from "../../src/recipe/helper_recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";

Deno.test("helperRecipe() is a standard training like the run's, without what that has of its method", () => {
  const recipe = resolveRecipe({
    ...{ variant: "hat+v1", helper: "somewhere", from: "weights", width: 16, epochs: 3, seed: 7 },
    ...{ select: "test", limitTest: 9, threat: { norm: "l2" }, optimiser: { schedule: "step" } },
    ...{ attack: { start: "memory", firstSteps: 4 }, memory: { codec: "f16" } },
  });
  const given = helperRecipe(recipe), { attack, memory, ...rest } = resolveRecipe(given);
  assert.deepEqual([attack, memory], [undefined, undefined]);
  assert.deepEqual(rest, given, "nothing is left to defaults");
  const common: Record<string, unknown> = { ...recipe, variant: "standard", select: "none" };
  const own = ["helper", "from", "beta", "betaPrime", "gamma", "attack", "memory"];
  for (const name of own) {
    assert(name in common, name);
    delete common[name];
  }
  assert.deepEqual(given, common);
});
