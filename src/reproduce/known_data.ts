/**
 * What is known of a run's data before it is begun, also where they are not there yet.
 *
 * @module
 */
import { sizesOf } from "../data/auxiliary.ts";
import { isPublished } from "../data/sets/definition.ts";
import { hint, isThere } from "../data/sets/published.ts";
import { DATA_ROOT, findSet, loadData } from "../data/sets/sets.ts";
import { SYNTHETIC } from "../data/sets/synthetic.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import type { DataKind } from "../run/weights/architecture.ts";

/** Data as far as an estimate asks. */
export interface KnownData {
  readonly kind: DataKind;
  /** How many images there are, auxiliary ones apart. */
  readonly sizes: { readonly train: number; readonly test: number; readonly auxiliary?: number };
  /** What a few steps are trained with in place of what the recipe says. */
  readonly measured: RecipeInput;
  /** Where data that were published are not there: a sentence that says so, and what gets them. */
  readonly missing?: string;
}

/** The data of `recipe`, read. Throws as {@linkcode loadData} does. */
export async function readData(recipe: Recipe): Promise<KnownData> {
  const { train, test } = await loadData(recipe.data, recipe.dataDir, recipe.seed, recipe);
  const { classes, shape } = test;
  return { kind: { classes, shape }, sizes: sizesOf(train, test), measured: {} };
}

/**
 * The data of `recipe`; published ones that are not there as their authors describe them, to be measured on images that
 * are made. Throws as {@linkcode loadData} does, where others are missing.
 */
export async function knownData(recipe: Recipe): Promise<KnownData> {
  const { data, dataDir = DATA_ROOT, auxData, helper } = recipe, set = findSet(data);
  if (!isPublished(set) || auxData !== undefined || await isThere(set, dataDir)) {
    return await readData(recipe);
  }
  const { train, test } = set.splits;
  return {
    kind: set,
    sizes: { train: train.images, test: test.images },
    // Given weights may be of another number of classes; any are as fast.
    measured: {
      ...{ data: SYNTHETIC.name, from: undefined },
      ...helper !== undefined && { helper: AUTO_HELPER },
    },
    missing: `${set.title} is not in ${dataDir}: measured on made images of its size; ${await hint(
      set,
      dataDir,
    )}.`,
  };
}
