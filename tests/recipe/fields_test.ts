import assert from "node:assert/strict";
import * as v from "valibot";
import { VARIANTS } from "../../src/method/methods.ts";
import { GROUPS } from "../../src/recipe/field.ts";
import {
  FIELDS,
  nested,
  RECIPE_FLAGS,
  recipeInput,
  RecipeSchema,
  valueAt,
} from "../../src/recipe/fields.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";

Deno.test("FIELDS have a path and a flag of their own, and a place in the help", () => {
  assert.equal(new Set(FIELDS.map(({ path }) => path)).size, FIELDS.length);
  assert.equal(new Set(FIELDS.map(({ flag }) => flag.name)).size, FIELDS.length);
  for (const { flag, group } of FIELDS) {
    assert.ok(GROUPS.includes(group));
    assert.equal(flag.group, group);
  }
});

Deno.test("RECIPE_FLAGS are called what their fields are, and say the default", () => {
  for (const [field, { name }] of Object.entries(RECIPE_FLAGS)) {
    assert.equal(name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()), field);
  }
  const { width, attackEps, memoryIndex, limitTrain } = RECIPE_FLAGS;
  assert.match(width.help, /; default 64, of the wrn 16, of small-cnn 96$/);
  assert.match(attackEps.help, /; default 8\/255, in l2 128\/255$/);
  assert.match(memoryIndex.help, /; default a file in the run folder$/);
  assert.ok(!limitTrain.help.includes("default"));
});

Deno.test("recipeInput() puts every flag's value at its field's path", () => {
  const flags = Object.fromEntries(Object.keys(RECIPE_FLAGS).map((name, i) => [name, i]));
  const input = recipeInput(flags);
  FIELDS.forEach(({ path }, i) => assert.equal(valueAt(input, path), i, path));
  assert.deepEqual(recipeInput({ seed: 0, attackEps: undefined }), { seed: 0 });
});

Deno.test("nested() and valueAt() leave out what there is not", () => {
  const recipe = nested([["seed", 1], ["attack.steps", undefined], ["threat.norm", "l2"]]);
  assert.deepEqual(recipe, { seed: 1, threat: { norm: "l2" } });
  assert.equal(valueAt(recipe, "attack.steps"), undefined);
});

Deno.test("RecipeSchema takes every recipe back from JSON", () => {
  for (const variant of VARIANTS) {
    const recipe = resolveRecipe({ variant, dataDir: "/data", limitTrain: 7 });
    assert.deepEqual(v.parse(RecipeSchema, JSON.parse(JSON.stringify(recipe))), recipe);
  }
});

Deno.test("RecipeSchema refuses unknown fields, wrong types and what no flag would take", () => {
  const recipe = resolveRecipe({});
  for (
    const wrong of [
      { ...recipe, colour: "blue" },
      { ...recipe, width: "64" },
      { ...recipe, width: 0 },
      { ...recipe, model: "resnet50" },
      { ...recipe, beta: -1 },
      { ...recipe, beta: null },
      { ...recipe, variant: "v4" },
      { ...recipe, seed: 1.5 },
      { ...recipe, attack: 3 },
      { ...recipe, attack: [] },
      [],
      { ...recipe, attack: { ...recipe.attack, colour: "blue" } },
      { ...recipe, memory: { ...recipe.memory, age: 0 } },
      { ...recipe, attackSteps: 10 },
    ]
  ) assert.equal(v.is(RecipeSchema, wrong), false, JSON.stringify(wrong));
});
