/**
 * The recipe of a helper's training, from that of the run that it helps.
 *
 * @module
 */
import type { Above } from "./field.ts";
import { FIELDS, place, valueAt } from "./fields.ts";
import { GRADIENT_FIELDS } from "./gradient_fields.ts";
import type { Recipe, RecipeInput } from "./recipe.ts";

/** What `--helper` calls one that the run trains itself, first. */
export const AUTO_HELPER = "auto";

/** What is said of a helper, whatever the run selects by. */
const HELPER: RecipeInput = { variant: "standard", select: "none" };

/**
 * What a helper does without: weights to begin with; and smooth labels, clipping and AWP, which are the objective's. HAT's is
 * trained by nothing but the cross-entropy, and AWP would make it robust.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "from",
  ...Object.values(GRADIENT_FIELDS).map(({ path }) => path),
]);

/** A plain standard training of the network of `recipe`, with its data, optimiser and schedule. */
export function helperRecipe(recipe: Recipe): RecipeInput {
  const helper: RecipeInput & Record<string, unknown> = {};
  for (const { path, needs } of FIELDS) {
    if (LEFT_OUT.has(path) || needs && !needs.holds(helper as unknown as Above)) continue;
    place(helper, path, valueAt(HELPER, path) ?? valueAt(recipe, path));
  }
  return helper;
}
