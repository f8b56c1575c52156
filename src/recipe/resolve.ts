/**
 * From what is asked for to a complete recipe.
 *
 * @module
 */
import * as v from "valibot";
import type { EngineOptions } from "../backend/backend.ts";
import { UsageError } from "../errors.ts";
import type { Above, Field } from "./field.ts";
import { FIELDS, nested, place, RecipeSchema, valueAt } from "./fields.ts";
import type { Path, Recipe, RecipeInput } from "./recipe.ts";

/**
 * Fills `input` up with the published values for its method and with what follows from the rest.
 *
 * @example
 * ```ts
 * import { resolveRecipe } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const { beta, epochs, attack } = resolveRecipe({ variant: "v2", epochs: 2 });
 * assert.deepEqual([beta, epochs, attack?.steps], [4, 2, 10]);
 * ```
 *
 * @throws {UsageError} if a field has a wrong value, or one that has no meaning with the others
 */
export function resolveRecipe(input: RecipeInput): Recipe {
  return settle(input, refuseMeaningless);
}

/**
 * {@linkcode resolveRecipe}, which hands `onMeaningless` what is asked for and has no meaning with what is above it: it is left
 * out, unless that throws.
 */
export function settle(
  input: RecipeInput,
  onMeaningless: (field: Field, above: Above) => void,
): Recipe {
  const given = checked(input);
  const recipe: Record<string, unknown> = {};
  const above = recipe as unknown as Above; // as far as it is settled
  for (const field of FIELDS) {
    const { path, check, needs } = field, asked = valueAt(given, path);
    if (needs !== undefined && !needs.holds(above)) {
      if (asked !== undefined && !isOff(field, asked, above)) onMeaningless(field, above);
      continue;
    }
    const value = asked ?? defaultOf(field, above);
    // What would be off anyway is not said: a recipe has one text.
    if (value === undefined || isOff(field, value, above)) continue;
    check?.(value as never, above);
    place(recipe, path, value);
  }
  return above;
}

/** @throws {UsageError} naming `field`, and what keeps it from having a meaning */
export function refuseMeaningless({ needs, flag }: Field, above: Above): never {
  throw new UsageError(`--${flag.name} has no meaning for ${needs!.cause(above)}.`);
}

/** Whether `value` asks for what a recipe does that does not say the field: a switch that is off anyway, a share of nothing, no file. */
export function isOff(field: Field, value: unknown, above: Above): boolean {
  if (value === undefined) return false;
  const nothing = value === false || value === 0 || value === field.none;
  return nothing && defaultOf(field, above) === undefined;
}

/** How the engine is to compute a run of `recipe`. */
export function engineOptions({ workers, deterministic, attack }: Recipe): EngineOptions {
  return {
    ...workers !== undefined && { workers },
    ...deterministic !== undefined && { deterministic },
    ...attack && { attackPrecision: attack.precision },
  };
}

/** `recipe` with `changes` in place of what it says there. */
export function withFields(recipe: RecipeInput, changes: RecipeInput): RecipeInput {
  return nested(
    FIELDS.map(({ path }) => [path, valueAt(changes, path) ?? valueAt(recipe, path)]),
  );
}

/**
 * What `recipe` says that does not follow from the rest of it: other changes may leave a recipe of a run with what follows
 * from what they replace. A recipe that contradicts itself has nothing that follows.
 */
export function choices(recipe: RecipeInput): RecipeInput {
  const said = FIELDS.map(({ path }) => [path, valueAt(recipe, path)] as const)
    .filter(([, value]) => value !== undefined);
  const follows = (path: Path, value: unknown) => {
    try {
      const rest = said.filter(([other]) => other !== path);
      return JSON.stringify(valueAt(resolveRecipe(nested(rest)), path)) === JSON.stringify(value);
    } catch (error) {
      if (error instanceof UsageError) return false;
      throw error;
    }
  };
  return nested(said.filter(([path, value]) => !follows(path, value)));
}

/** The fields of `recipe` that `given` does not say. */
export function unsaidFields(given: RecipeInput, recipe: Recipe): readonly Field[] {
  return FIELDS.filter(({ path }) =>
    valueAt(recipe, path) !== undefined && valueAt(given, path) === undefined
  );
}

/** `input`, if every field has a value that its flag would take. */
function checked(input: RecipeInput): RecipeInput {
  const result = v.safeParse(RecipeSchema, input);
  if (result.success) return result.output;
  const issue = result.issues[0], path = v.getDotPath(issue);
  const field = FIELDS.find((field) => field.path === path);
  throw new UsageError(
    field
      ? `--${field.flag.name} ${issue.message}, not ${issue.input}.`
      : `"${path}" is no part of a recipe, or has another form there.`,
  );
}

function defaultOf({ default: value }: Field, above: Above): unknown {
  return typeof value === "function" ? value(above) : value;
}
