/**
 * What a run's helper has learnt from, as far as that is known.
 *
 * @module
 */
import { AUTO_HELPER } from "../../recipe/helper_recipe.ts";
import { findHelperRun } from "../../run/weights/helper.ts";
import type { RunRecord } from "../../run/run_record.ts";

/**
 * Whether the run in `directory` has learnt from a helper that may have seen more than its own training images: one that is
 * from no run that is found, or from one that began with given weights, had other images, or was helped itself.
 */
export async function hasGivenHelper(
  directory: string,
  { helper, recipe, dataSha256 }: RunRecord,
): Promise<boolean> {
  if (helper === undefined || recipe.helper === AUTO_HELPER) return false;
  const run = await findHelperRun(directory, { helper, recipe });
  return run === undefined || run.from !== undefined || run.dataSha256 !== dataSha256 ||
    run.helper !== undefined && run.recipe.helper !== AUTO_HELPER;
}
