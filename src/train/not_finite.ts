/**
 * What to say of a training whose numbers have left the floating-point range.
 *
 * @module
 */
import { RunError } from "../errors.ts";
import { RECIPE_FLAGS } from "../recipe/fields.ts";
import type { Recipe } from "../recipe/recipe.ts";

/** The published coefficients are below 10. */
const LARGEST_COEFFICIENT = 1000;

/**
 * @param what what is not finite, and where: the beginning of a sentence
 * @param checkpoint the run's last one, if there is one
 */
export function notFinite(
  what: string,
  recipe: Recipe,
  checkpoint: string | undefined,
): RunError {
  const kept = checkpoint === undefined
    ? "there is no checkpoint yet"
    : "the last checkpoint is kept";
  return new RunError(`${what}: ${kept}; try a lower ${likelyCause(recipe)}.`);
}

/** The flag that is to blame: a coefficient that nobody publishes, or else the learning rate. */
function likelyCause({ beta = 0, betaPrime = 0, gamma = 0, optimiser }: Recipe): string {
  const coefficients = [["beta", beta], ["betaPrime", betaPrime], ["gamma", gamma]] as const;
  const [name, value] = coefficients.reduce((most, each) => each[1] > most[1] ? each : most);
  if (value > LARGEST_COEFFICIENT) return `--${RECIPE_FLAGS[name].name} than ${value}`;
  return `--${RECIPE_FLAGS.lr.name} than ${optimiser.lr}`;
}
