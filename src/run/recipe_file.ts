/**
 * A recipe as a file: that of a run, for a run elsewhere, or one that was written by hand.
 *
 * @module
 */
import { dirname } from "@std/path";
import * as v from "valibot";
import { readNamedFile } from "../disk/files.ts";
import { UsageError } from "../errors.ts";
import { findDuplicateKey } from "../format/json/duplicate_key.ts";
import { nearestName } from "../format/nearest_name.ts";
import { quoted } from "../format/quoted.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import { FIELDS, nested, RECIPE_FLAGS, RecipeSchema, valueAt } from "../recipe/fields.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import { helperPath, initialWeightsPath } from "./folder/files.ts";
import { decodeRunRecord } from "./run_record.ts";

/**
 * The recipe in `path`. Of a run's `recipe.json`, without what belonged to one start of that run: where its data lay, its
 * threads; it names the engine that the run was computed on, and the run's own copies of the weights that it began with
 * and of its helper's, unless it trained that itself. A file without a `format` has some or all fields of a recipe, such as
 * `train --dry-run` prints them.
 *
 * @param auxData where its auxiliary images are now
 * @throws {UsageError} if it is no such file, or auxiliary images are mixed in that nobody says the place of
 */
export async function readRecipeFile(path: string, auxData?: string): Promise<RecipeInput> {
  const recipe = { ...await readFields(path), ...auxData !== undefined && { auxData } };
  if (recipe.auxFraction === undefined || recipe.auxData !== undefined) return recipe;
  throw new UsageError(
    `By ${path}, batches have auxiliary images: say where these are with --aux-data.`,
  );
}

async function readFields(path: string): Promise<RecipeInput> {
  const text = new TextDecoder().decode(await readNamedFile(path));
  const written = parsed(text);
  if (hasFields(written) && !("format" in written)) return ofFields(written, text, path);
  const { recipe, machine, from, helper } = decodeRunRecord(text, path);
  const own = FIELDS.filter(({ perStart }) => !perStart);
  return {
    ...nested(own.map(({ path }) => [path, valueAt(recipe, path)])),
    backend: machine.backend,
    ...from && { from: initialWeightsPath(dirname(path)) },
    ...helper && recipe.helper !== AUTO_HELPER && { helper: helperPath(dirname(path)) },
  };
}

/** What `text` says as JSON; undefined if it is none, which a run's record tells. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hasFields(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(value).length > 0;
}

function ofFields(written: unknown, text: string, path: string): RecipeInput {
  const twice = findDuplicateKey(text);
  if (twice !== undefined) {
    throw new UsageError(
      `${path} is no memloss recipe: it has ${quoted(twice)} twice in one place.`,
    );
  }
  const result = v.safeParse(RecipeSchema, written);
  if (result.success) return result.output;
  const [issue] = result.issues, field = v.getDotPath(issue);
  throw new UsageError(
    FIELDS.some((each) => each.path === field)
      ? `${path} is no memloss recipe: ${field} ${issue.message}, not ${
        JSON.stringify(issue.input)
      }.`
      : `${path} is no memloss recipe: "${field}" ${noPart(issue, field ?? "")}`,
  );
}

/** What is wrong with what stands at `path` of a recipe, and how it is spelt if that is it: flags are called otherwise. */
function noPart({ expected }: v.BaseIssue<unknown>, path: string): string {
  if (expected !== "never") return "has another form there.";
  const named = Object.entries(RECIPE_FLAGS).find(([name, { name: flag }]) =>
    name === path || flag === path
  );
  const flag = named?.[1].name;
  const meant = FIELDS.find((field) => field.flag.name === flag)?.path ??
    nearestName(path, FIELDS.map((field) => field.path));
  return `is no part of one${meant === undefined ? "." : `: did you mean "${meant}"?`}`;
}
