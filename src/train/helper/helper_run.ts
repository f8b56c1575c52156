/**
 * The helper of a run that trains its own first: a run of standard training in its folder.
 *
 * @module
 */
import { exists } from "../../disk/regular.ts";
import { Interrupted, RunError } from "../../errors.ts";
import { helperRecipe } from "../../recipe/helper_recipe.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { resolveRecipe } from "../../recipe/resolve.ts";
import { helperRunPath, isTrained, recipePath } from "../../run/folder/files.ts";
import { RunFolder } from "../../run/folder/run_folder.ts";
import { type HelperWeights, readHelper } from "../../run/weights/helper.ts";
import { train } from "../trainer.ts";
import type { TrainingRun } from "../training_run.ts";

/** The complete recipe of the helper of `recipe`. */
export function ownHelperRecipe(recipe: Recipe): Recipe {
  return resolveRecipe(helperRecipe(recipe));
}

/**
 * The helper of `run`, trained to its end from wherever it stands.
 *
 * @param onBegin told where, if it is not trained yet; returns who watches
 * @throws {Interrupted} after a checkpoint, if the signal was aborted: the same call goes on
 * @throws {UsageError | RunError} as {@linkcode train} does; of its training, all messages say that it is the helper's
 */
export async function trainHelper(
  run: Omit<TrainingRun, "helper" | "observer">,
  onBegin: (directory: string, recipe: Recipe) => TrainingRun["observer"],
): Promise<HelperWeights> {
  const directory = helperRunPath(run.folder.directory);
  if (!await isTrained(directory)) {
    const recipe = ownHelperRecipe(run.recipe);
    const { from: _, helper: __, ...record } = run.folder.record;
    const folder = await exists(recipePath(directory))
      ? await RunFolder.open(directory)
      : await RunFolder.create(directory, { ...record, recipe });
    try {
      const observer = onBegin(directory, recipe);
      await train({ ...run, recipe, folder, ...observer && { observer } });
    } catch (error) {
      if (error instanceof Interrupted || error instanceof RunError) {
        error.message = `helper: ${error.message}`;
      }
      throw error;
    } finally {
      await folder.close();
    }
  }
  return await readHelper(directory);
}
