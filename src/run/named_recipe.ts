/**
 * A recipe as a command line names it: the project's own, a run's, or a file.
 *
 * @module
 */
import * as v from "valibot";
import best from "../../recipes/memloss-best.json" with { type: "json" };
import fast from "../../recipes/memloss-fast.json" with { type: "json" };
import paper from "../../recipes/memloss-v1.json" with { type: "json" };
import { UsageError } from "../errors.ts";
import { nearestName } from "../format/nearest_name.ts";
import { RecipeSchema } from "../recipe/fields.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import { readRunRecord, recipePath } from "./folder/files.ts";
import { readRecipeFile } from "./recipe_file.ts";

/** The recipes that come with the program, by name. */
export const OWN_RECIPES: Readonly<Record<string, unknown>> = {
  "memloss-v1": paper,
  "memloss-fast": fast,
  "memloss-best": best,
};

/** A recipe that was found. */
export interface NamedRecipe {
  readonly recipe: RecipeInput;
  /** The file that has it, or its name where it comes with the program. */
  readonly where: string;
}

/**
 * The recipe called `name`, that of the run in the folder `name`, or that in the file `name`, see {@linkcode readRecipeFile}. A
 * folder or file that is called like a recipe of the program's is to be named by a path, such as `./memloss-v1`.
 *
 * @param auxData where its auxiliary images are now
 * @throws {UsageError} if there is none, or {@linkcode readRecipeFile} refuses it
 */
export async function readNamedRecipe(name: string, auxData?: string): Promise<NamedRecipe> {
  if (Object.hasOwn(OWN_RECIPES, name)) {
    return { recipe: v.parse(RecipeSchema, OWN_RECIPES[name]), where: name };
  }
  const where = await isFolder(name) ? await recipeOfRun(name) : name;
  return { recipe: await readRecipeFile(where, auxData), where };
}

/**
 * Whether `path` is a folder; what cannot be seen is left to the reading.
 *
 * @throws {UsageError} if nothing is there
 */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return false;
    const names = Object.keys(OWN_RECIPES), meant = nearestName(path, names);
    throw new UsageError(
      `--recipe ${path} does not exist: ` +
        (meant === undefined
          ? `name a file, the folder of a run, or one of ${names.join(", ")}.`
          : `did you mean ${meant}?`),
    );
  }
}

/** Where the run in `directory` has its recipe. Throws a `UsageError` if it is no run's folder. */
async function recipeOfRun(directory: string): Promise<string> {
  await readRunRecord(directory);
  return recipePath(directory);
}
