/**
 * Whether the seeds of a row are of one kind: a mean over other images, or over another recipe, is of nothing.
 *
 * @module
 */
import { isGenerated } from "../data/sets/definition.ts";
import { findSet } from "../data/sets/sets.ts";
import { UsageError } from "../errors.ts";
import { FIELDS, valueAt } from "../recipe/fields.ts";
import type { Path, Recipe, RecipeInput } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import type { Cell } from "./cell.ts";
import type { TableFile } from "./table_file.ts";

/** What two cells of a row may differ in: the seed, what computed, and where given weights lay. */
const FREE: readonly Path[] = ["seed", "backend", "helper", "from"];
/** Digits of a digest that are shown. */
const DIGITS = 12;

/** A sentence for everything that the seeds of a row of `table` do not have in common in `cells`. */
export function unlikeSeeds({ rows, columns }: TableFile, cells: readonly Cell[]): string[] {
  const said = rows.flatMap(({ name, label }) => {
    const own = cells.filter(({ row }) => row === name).sort((a, b) => a.seed - b.seed);
    const recipes = own.map(wholeRecipe);
    const fields = FIELDS.filter(({ path }) => !FREE.includes(path)).flatMap(({ path, flag }) => {
      const values = recipes.map((recipe) => String(valueAt(recipe, path) ?? "none"));
      return apart(own, values).map((said) => `${label}: --${flag.name} is ${said}.`);
    });
    if (own.some(({ recipe }) => isMade(recipe))) return fields; // each seed has its own
    const trained = apart(own, own.map(({ dataSha256 }) => dataSha256.slice(0, DIGITS)));
    const tested = columns.flatMap((column) => {
      const digests = own.map(({ evaluations: { [column.name]: found } }) =>
        found?.imagesSha256?.slice(0, DIGITS)
      );
      return apart(own, digests).map((said) =>
        `${label}: the test images of ${column.label} have SHA-256 ${said}.`
      );
    });
    return [
      ...fields,
      ...trained.map((said) => `${label}: the training images have SHA-256 ${said}.`),
      ...tested,
    ];
  });
  return said.map((each) => `Not one kind of run: ${each}`);
}

/** In words which seeds have which of `values`, one for each cell; nothing where all that are known are the same. */
function apart(cells: readonly Cell[], values: readonly (string | undefined)[]): string[] {
  const seeds = Map.groupBy(cells.keys(), (index) => values[index]);
  seeds.delete(undefined); // of an earlier program, which says nothing
  if (seeds.size < 2) return [];
  const said = Array.from(
    seeds,
    ([value, indices]) =>
      `${value} for seed${indices.length > 1 ? "s" : ""} ${
        indices.map((index) => cells[index]!.seed).join(", ")
      }`,
  );
  return [said.join(" and ")];
}

/** The cell's recipe with the defaults of fields that there were not yet when it was made. */
function wholeRecipe({ recipe }: Cell): RecipeInput {
  try {
    return resolveRecipe(recipe as RecipeInput);
  } catch (error) {
    if (error instanceof UsageError) return recipe as RecipeInput;
    throw error;
  }
}

function isMade(recipe: Cell["recipe"]): boolean {
  return isGenerated(findSet((recipe as unknown as Recipe).data));
}
