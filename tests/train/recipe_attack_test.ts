import assert from "node:assert/strict";
import { trainingAttack } from "../../src/train/recipe_attack.ts";
import { smallRecipe } from "../testing/runs.ts";

Deno.test("trainingAttack() takes the recipe's bounds and effort", () => {
  const recipe = smallRecipe({
    attackNorm: "l2",
    attackEps: 0.25,
    attackStep: 0.1,
    attackSteps: 7,
  });
  assert.deepEqual(trainingAttack(recipe), { norm: "l2", epsilon: 0.25, stepSize: 0.1, steps: 7 });
});
