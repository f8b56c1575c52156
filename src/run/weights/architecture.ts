/**
 * The network that a run trains.
 *
 * @module
 */
import type { Dataset } from "../../data/dataset.ts";
import type { Architecture } from "../../model/architecture.ts";
import {
  buildArchitecture,
  withActivation,
  withNormalisation,
} from "../../model/architectures/architectures.ts";
import type { Recipe } from "../../recipe/recipe.ts";

/** What a run must know of its data set before there is any. */
export type DataKind = Pick<Dataset, "classes" | "shape">;

/** What decides of given weights which network they are, beside the recipe. */
export interface GivenWeights {
  /** Whether it normalises its images. */
  readonly normalised: boolean;
}

/** The network that a run of `recipe` trains on `data`, from given weights if there are any. */
export function trainedArchitecture(
  { model, width, activation }: Pick<Recipe, "model" | "width" | "activation">,
  { classes, shape: { channels } }: DataKind,
  from?: GivenWeights,
): Architecture {
  const size = { width, classes: classes.length, channels };
  const architecture = withActivation(buildArchitecture(model, size), activation);
  return from?.normalised ? withNormalisation(architecture) : architecture;
}
