/**
 * A recipe with changes: an ablation of it, or the same of another method.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Above, Field } from "./field.ts";
import { FIELDS, nested, valueAt } from "./fields.ts";
import type { Path, RecipeInput } from "./recipe.ts";
import { choices, isOff, refuseMeaningless, resolveRecipe, settle, withFields } from "./resolve.ts";
import { namesFile } from "./training_fields.ts";

/**
 * `recipe` with `changes`. What follows from what they replace follows from them, and settings of what they take away go with it,
 * such as the decay of an average, or the network of the file that it begins with, where they name another; all else that
 * `recipe` says stays.
 *
 * @param where what has the recipe, for errors
 * @throws {UsageError} if something in one of them has no meaning with the rest, such as a setting of what `recipe` never had,
 *   or is said in another unit, or of another file's network
 */
export function changedRecipe(
  recipe: RecipeInput,
  changes: RecipeInput,
  where: string,
): RecipeInput {
  const said = choices(withoutNetwork(recipe, changes, where)), given = withFields(said, changes);
  const before = aboveOf(recipe);
  const gone = new Set<Path>(), idle: Field[] = [], causes = new Set<string>();
  refuseOtherUnits(said, before, changes, aboveOf(given), where);
  try {
    settle(given, (field, above) => {
      const { path, needs } = field, asked = valueAt(changes, path) !== undefined;
      if (asked || !needs!.settings) refuseMeaningless(field, above);
      // No change took away what it is a setting of: the recipe never had that.
      if (!needs!.holds(before)) {
        idle.push(field);
        causes.add(needs!.cause(above));
      }
      gone.add(path);
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message} Change the flags, or a copy of ${where}.`);
  }
  if (idle.length > 0) {
    throw new UsageError(
      `${where} says ${saidOf(said, idle)}, without a meaning for ${[...causes].join(" and ")}: ` +
        `change the flags, or a copy of ${where}.`,
    );
  }
  const kept = FIELDS.filter(({ path }) => !gone.has(path));
  return nested(kept.map(({ path }) => [path, valueAt(given, path)]));
}

/**
 * `recipe` without the network of the weights that it begins with, if `changes` have others in their place, of their own network.
 * Whether these have its nonlinearity, which a file need not say, nobody knows.
 */
function withoutNetwork(recipe: RecipeInput, changes: RecipeInput, where: string): RecipeInput {
  const { from } = changes;
  if (!namesFile(recipe.from) || !namesFile(from) || from === recipe.from) return recipe;
  const { model: _, width: __, activation, ...rest } = recipe;
  if (activation === undefined || changes.activation !== undefined) return rest;
  throw new UsageError(
    `${where} says activation ${activation} of the weights in ${recipe.from}: with --from ${from}, give --activation too.`,
  );
}

/** What decides the units of the fields of `recipe`, which may contradict itself, and whose settings they are. */
function aboveOf(recipe: RecipeInput): Above {
  const all = withFields(resolveRecipe({ variant: recipe.variant }), recipe) as Above;
  const on = FIELDS.filter((field) => !isOff(field, valueAt(all, field.path), all));
  return nested(on.map(({ path }) => [path, valueAt(all, path)])) as Above;
}

/** What `recipe` has of `fields`, in words. */
function saidOf(recipe: RecipeInput, fields: readonly Field[]): string {
  return fields.map(({ path }) => `${path} ${valueAt(recipe, path)}`).join(" and ");
}

/** Refuses changes of a unit, from that in `before` to that in `after`, that leave something `said` as it is. */
function refuseOtherUnits(
  said: RecipeInput,
  before: Above,
  changes: RecipeInput,
  after: Above,
  where: string,
): void {
  const changed = ({ units = [] }: Field) =>
    units.filter((unit) => unit.of(before) !== unit.of(after));
  const stale = FIELDS.filter((field) =>
    changed(field).length > 0 && (field.needs?.holds(after) ?? true) &&
    valueAt(said, field.path) !== undefined && valueAt(changes, field.path) === undefined
  );
  if (stale.length === 0) return;
  const causes = (above: Above) =>
    [...new Set(stale.flatMap(changed).map((unit) => unit.cause(above)))].join(" and ");
  const flags = stale.map(({ flag }) => `--${flag.name}`).join(" and ");
  throw new UsageError(
    `${where} says ${saidOf(said, stale)} for ${causes(before)}: with ${
      causes(after)
    }, give ${flags} too.`,
  );
}
