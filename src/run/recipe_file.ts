/**
 * The recipe of a run as a file, for a run elsewhere.
 *
 * @module
 */
import { dirname } from "@std/path";
import { readNamedFile } from "../disk/files.ts";
import { FIELDS, nested, valueAt } from "../recipe/fields.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import { initialWeightsPath } from "./run_folder.ts";
import { decodeRunRecord } from "./run_record.ts";

/**
 * The recipe in `path`, a run's `recipe.json`, without what belonged to one start of that run: where its data lay, its
 * threads. It names the engine that the run was computed on, and the run's own copy of the weights that it began with.
 *
 * @throws {UsageError} if it is no such file
 */
export async function readRecipeFile(path: string): Promise<RecipeInput> {
  const text = new TextDecoder().decode(await readNamedFile(path));
  const { recipe, machine, from } = decodeRunRecord(text, path);
  const own = FIELDS.filter(({ perStart }) => !perStart);
  return {
    ...nested(own.map(({ path }) => [path, valueAt(recipe, path)])),
    backend: machine.backend,
    ...from && { from: initialWeightsPath(dirname(path)) },
  };
}
