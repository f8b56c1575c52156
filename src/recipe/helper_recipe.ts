/**
 * The recipe of a helper's training, from that of the run that it helps.
 *
 * @module
 */
import type { Above } from "./field.ts";
import { FIELDS, place, valueAt } from "./fields.ts";
import type { Recipe, RecipeInput } from "./recipe.ts";

/** What `--helper` calls one that the run trains itself, first. */
export const AUTO_HELPER = "auto";

/** What is said of a helper, whatever the run: PGD-20 would select the epoch in which it has learnt the least. */
const HELPER: RecipeInput = { variant: "standard", select: "none" };

/** A standard training of the network of `recipe`, in everything else as that is. Weights that it begins with are left out. */
export function helperRecipe(recipe: Recipe): RecipeInput {
  const helper: RecipeInput & Record<string, unknown> = {};
  for (const { path, needs } of FIELDS) {
    if (path === "from" || needs && !needs.holds(helper as unknown as Above)) continue;
    place(helper, path, valueAt(HELPER, path) ?? valueAt(recipe, path));
  }
  return helper;
}
