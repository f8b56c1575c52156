/**
 * Parts of a recipe in a table file: values of `memloss train`'s flags by their names, without dashes.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { keyed } from "../format/json/keyed.ts";
import { nearestName } from "../format/nearest_name.ts";
import { FIELDS, RECIPE_FLAGS, recipeInput } from "../recipe/fields.ts";
import type { Flag } from "../recipe/flag.ts";
import type { RecipeInput } from "../recipe/recipe.ts";

/** What such a part looks like, before its flags are looked at. */
export const namedFlags = v.pipe(
  keyed,
  v.record(
    v.pipe(v.string(), v.nonEmpty()),
    v.union([v.string(), v.number(), v.boolean()]),
  ),
);

/** Such a part. */
export type NamedFlags = v.InferOutput<typeof namedFlags>;

/**
 * The recipe's fields of a table file's flags.
 *
 * @param where what has them, for errors
 * @throws {UsageError} naming the flag that is unknown or has a wrong value
 */
export function readRecipe(flags: NamedFlags, where: string): RecipeInput {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flags)) {
    const found = Object.entries<Flag>(RECIPE_FLAGS).find(([, flag]) => flag.name === name);
    if (found === undefined) {
      const meant = meantFlag(name), hint = meant === undefined ? "" : `: did you mean ${meant}?`;
      throw new UsageError(`${where} has an unknown flag, ${name}${hint || "."}`);
    }
    const [field, flag] = found;
    const read = flag.parse && typeof value !== "boolean" ? flag.parse(String(value)) : value;
    const checked = v.safeParse(flag.schema, read);
    if (!checked.success) {
      throw new UsageError(`${where}: ${name} ${checked.issues[0].message}, not "${value}".`);
    }
    fields[field] = checked.output;
  }
  return recipeInput(fields);
}

/** The flag that `name` was meant to be: a recipe file calls it otherwise, or it is misspelt. */
function meantFlag(name: string): string | undefined {
  const flags: Readonly<Record<string, Flag>> = RECIPE_FLAGS;
  if (Object.hasOwn(flags, name)) return flags[name]!.name;
  return FIELDS.find(({ path }) => path === name)?.flag.name ??
    nearestName(name, FIELDS.map(({ flag }) => flag.name));
}
