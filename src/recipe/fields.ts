/**
 * The recipe's table: every field by its flag's name in camel case, in the order in which they are settled. Command line,
 * recipe files and help are made from it.
 *
 * @module
 */
import * as v from "valibot";
import { keyed } from "../format/json/keyed.ts";
import { ATTACK_FIELDS } from "./attack_fields.ts";
import type { Field } from "./field.ts";
import type { Flag } from "./flag.ts";
import { GRADIENT_FIELDS } from "./gradient_fields.ts";
import { MEMORY_FIELDS } from "./memory_fields.ts";
import { OPTIMISER_FIELDS } from "./optimiser_fields.ts";
import type { Path, RecipeInput, ValueAt } from "./recipe.ts";
import { RUN_FIELDS } from "./run_fields.ts";
import { TRAINING_FIELDS } from "./training_fields.ts";

const TABLE = {
  ...TRAINING_FIELDS,
  ...OPTIMISER_FIELDS,
  ...GRADIENT_FIELDS,
  ...RUN_FIELDS,
  ...ATTACK_FIELDS,
  ...MEMORY_FIELDS,
} as const;
type Table = typeof TABLE;

/** Every row. */
export const FIELDS: readonly Field[] = Object.values(TABLE) as unknown as Field[];

/** Every flag by the name of its field. */
export const RECIPE_FLAGS = Object.fromEntries(
  Object.entries(TABLE).map(([name, { flag }]) => [name, flag]),
) as { readonly [N in keyof Table]: Table[N]["flag"] };

/** Values of flags by the names of their fields, as a command line gives them. */
export type RecipeFlags = {
  readonly [N in keyof Table]?: ValueAt<Table[N]["path"]> | undefined;
};

/** The value at `path` of `recipe`. */
export function valueAt(recipe: RecipeInput, path: Path): unknown {
  return path.split(".").reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    recipe,
  );
}

/** A recipe of values by path; those that are undefined are left out. */
export function nested(values: Iterable<readonly [Path, unknown]>): RecipeInput {
  const recipe: Record<string, unknown> = {};
  for (const [path, value] of values) place(recipe, path, value);
  return recipe;
}

/** Puts `value` at `path` of `recipe`, unless it is undefined. */
export function place(recipe: Record<string, unknown>, path: Path, value: unknown): void {
  if (value === undefined) return;
  const keys = path.split("."), last = keys.pop()!;
  let part = recipe;
  for (const key of keys) part = (part[key] ??= {}) as Record<string, unknown>;
  part[last] = value;
}

/** What `flags` say as a recipe. */
export function recipeInput(flags: RecipeFlags): RecipeInput {
  const values = flags as Readonly<Record<string, unknown>>;
  return nested(Object.entries(TABLE).map(([name, { path }]) => [path, values[name]]));
}

/** What the fields of a recipe must look like, wherever it comes from: any of them may be absent. */
export const RecipeSchema: v.GenericSchema<unknown, RecipeInput> = schemaOf(nestedFlags());

type FlagTree = { readonly [key: string]: Flag | FlagTree };

function nestedFlags(): FlagTree {
  return nested(FIELDS.map(({ path, flag }) => [path, flag])) as FlagTree;
}

function schemaOf(tree: FlagTree): v.GenericSchema<unknown, RecipeInput> {
  const fields = Object.entries(tree).map(([key, part]) => [
    key,
    v.optional("schema" in part ? (part as Flag).schema : schemaOf(part as FlagTree)),
  ]);
  return v.pipe(keyed, v.strictObject(Object.fromEntries(fields)));
}
