/**
 * `recipe.json`: what a run was started with, by which program, on which machine and data.
 *
 * @module
 */
import * as v from "valibot";
import { isFound } from "../data/sets/definition.ts";
import { findSet } from "../data/sets/sets.ts";
import { UsageError } from "../errors.ts";
import { findDuplicateKey } from "../format/json/duplicate_key.ts";
import { describeIssue } from "../format/json/schema_issue.ts";
import { quoted } from "../format/quoted.ts";
import { findIdleEpochs } from "../optimise/idle_epochs.ts";
import { isOpenEnded, SCHEDULES } from "../optimise/schedule.ts";
import type { Above, Field } from "../recipe/field.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import {
  FIELDS,
  nested,
  RECIPE_FLAGS,
  type RecipeFlags,
  recipeInput,
  RecipeSchema,
  valueAt,
} from "../recipe/fields.ts";
import type { Path, Recipe, RecipeInput } from "../recipe/recipe.ts";
import { isOff, resolveRecipe, unsaidFields, withFields } from "../recipe/resolve.ts";

/** Weights that a run was given. */
const GivenSchema = v.strictObject({
  /** SHA-256 of the file that was named. */
  sha256: v.string(),
  /** SHA-256 of what the run keeps of it. */
  copySha256: v.string(),
  /** Whether the network normalises its images. */
  normalised: v.boolean(),
});

/** What both formats say beside the recipe. */
const REST = {
  program: v.strictObject({ version: v.string(), digest: v.string() }),
  /** What the machine chose for the run; a resumed run uses the same. */
  machine: v.strictObject({
    backend: v.picklist(["webgpu", "wasm"]),
    adapter: v.string(),
    deno: v.string(),
    /** By which kernel each convolution is computed, where there are several. */
    variants: v.optional(v.record(v.string(), v.string())),
  }),
  /** SHA-256 of the training images and labels: a resumed run must see the same ones. */
  dataSha256: v.string(),
  /** Classes and image size of data that are whatever lay in a folder; absent where the data set is always the same. */
  data: v.optional(v.strictObject({
    classes: v.array(v.string()),
    shape: v.strictObject({ height: v.number(), width: v.number(), channels: v.number() }),
    /** All test images, by the digest that evaluations of them have; absent in records of earlier programs. */
    test: v.optional(v.strictObject({ n: v.number(), sha256: v.string() })),
  })),
  /** Where the weights are from that the run began with; absent where they were drawn. */
  from: v.optional(GivenSchema),
  /** Where those of its helper are from; absent where its method has none, or it has not trained its own yet. */
  helper: v.optional(GivenSchema),
};

const RecordSchema = v.strictObject({ format: v.literal(2), ...REST, recipe: RecipeSchema });

/** Format 1 had the recipe's fields side by side, by the names of their flags. */
const flags = Object.entries(RECIPE_FLAGS).map(([name, { schema }]) => [name, v.optional(schema)]);
const FlatRecordSchema = v.strictObject({
  format: v.literal(1),
  ...REST,
  recipe: v.strictObject(Object.fromEntries(flags)),
});

/** The content of `recipe.json`. */
export interface RunRecord extends Omit<v.InferOutput<typeof RecordSchema>, "recipe"> {
  readonly recipe: Recipe;
}

/** The text of `recipe.json`. */
export function encodeRunRecord(record: RunRecord): string {
  return JSON.stringify(record, null, 2) + "\n";
}

/**
 * Reads back what {@linkcode encodeRunRecord} wrote, or an earlier program that wrote format 1.
 *
 * @throws {UsageError} naming `path` and the field that is wrong
 */
export function decodeRunRecord(text: string, path: string): RunRecord {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is not valid JSON: is it a recipe that memloss wrote?`);
  }
  const wrong = (problem: string) =>
    new UsageError(`${path} is no memloss recipe: ${problem.replace(/\.$/, "")}.`);
  const twice = findDuplicateKey(text);
  if (twice !== undefined) throw wrong(`it has ${quoted(twice)} twice in one place`);
  const flat = (json as { format?: unknown } | null)?.format === 1;
  const result = v.safeParse(flat ? FlatRecordSchema : RecordSchema, json);
  if (!result.success) {
    throw wrong(describeIssue(result.issues[0]));
  }
  const { output } = result;
  const said = output.format === 1 ? ofFormat1(output.recipe as RecipeFlags) : output.recipe;
  const recipe = completed(said, wrong);
  if (isFound(findSet(recipe.data)) && !output.data) throw wrong("data: is missing");
  return { ...output, format: 2, recipe };
}

/** The recipe of format 1 that says `values`, without what has no meaning in it. */
function ofFormat1(values: RecipeFlags): RecipeInput {
  const said = recipeInput(values);
  if (said.variant === undefined) return said; // which is told when it is completed
  const meant = FIELDS.filter(({ inFormat1, needs }) =>
    !inFormat1 || needs === undefined || needs.holds(said as Above)
  );
  return nested(meant.map(({ path }) => [path, valueAt(said, path)]));
}

/** The recipe that `said` is, if nothing is missing: a coefficient left out must not train as the published one. */
function completed(said: RecipeInput, wrong: (problem: string) => UsageError): Recipe {
  let recipe: Recipe;
  try {
    recipe = resolveRecipe(said);
  } catch (error) {
    throw error instanceof UsageError ? wrong(error.message) : error;
  }
  const missing = unsaidFields(said, recipe).find(({ later }) => !later);
  if (missing) throw wrong(`recipe.${missing.path}: is missing`);
  return recipe;
}

/**
 * The recipe to go on with: the stored one, if what the user `given` does not contradict it. Only fields that belong to
 * one start of a run may differ between two of them, and there may be more epochs under a schedule that does not depend on
 * their number.
 *
 * @throws {UsageError} naming the first flag that differs
 */
export function resumeRecipe(stored: Recipe, given: RecipeInput, path: string): Recipe {
  const said: [Path, unknown][] = [];
  for (const field of FIELDS) {
    const asked = valueAt(given, field.path), before = valueAt(stored, field.path);
    // The run goes on without it: its checkpoints are those of a recipe that leaves it out.
    if (before === undefined && asked !== undefined && asksForNothing(field, asked, stored)) {
      continue;
    }
    said.push([field.path, asked]);
    // Auxiliary images may lie elsewhere, but not come in.
    const free = field.perStart && (field.path !== "auxData" || before !== undefined);
    if (asked === undefined || free || asked === before) continue;
    const differs = `--${field.flag.name} ${asked} differs from ${path}, which has ${
      before ?? "none"
    }`;
    const refused = field.path === "epochs"
      ? refusedEpochs(stored, given, differs)
      : `${differs}: resume without it, or start a new run.`;
    if (refused !== undefined) throw new UsageError(refused);
  }
  return resolveRecipe(withFields(stored, nested(said)));
}

/** Whether `value` is what a run of `stored` does, which does not say it. */
function asksForNothing(field: Field, value: unknown, stored: Recipe): boolean {
  const { needs, idle } = field;
  if (isOff(field, value, stored as Above)) return true;
  return idle?.(value as never, stored) === true && (needs?.holds(stored as Above) ?? true);
}

/** Why the epochs `given` cannot be those of the run of `stored`; undefined if they can. */
function refusedEpochs(stored: Recipe, given: RecipeInput, differs: string): string | undefined {
  const { epochs, helper, optimiser: { schedule, swaStart } } = stored;
  if (given.epochs! < epochs) {
    return `${differs}: it can only be raised; resume without it, or start a new run.`;
  }
  if (!isOpenEnded(schedule)) {
    const open = SCHEDULES.filter(isOpenEnded).join(", ");
    return `${differs}, and --schedule ${schedule} is laid over all of them: ` +
      `resume without it, or start a new run, with one of ${open} if it is to be longer later.`;
  }
  if (helper === AUTO_HELPER) {
    return `${differs}, and its helper was trained for as many: resume without it, or start a new run.`;
  }
  // It follows from the epochs unless it is said: a run that had as many from the beginning would start later.
  if (swaStart !== undefined && given.optimiser?.swaStart !== swaStart) {
    return `${differs}, and its --swa-start stays what it was: say --swa-start ${swaStart} too, or start a new run.`;
  }
  const idle = findIdleEpochs(stored.optimiser, given.epochs!, epochs);
  if (idle) {
    return `${differs}, and ${idle.said}: resume without it, or start a new run with other knots.`;
  }
  return undefined;
}

/** What there was `before` in place of what there is `now`, as far as it can change a run's bytes. */
export function changesSince(before: RunRecord, now: RunRecord): string[] {
  const { program, machine, dataSha256 } = before;
  return [
    machine.adapter === now.machine.adapter ? "" : `adapter (${machine.adapter})`,
    machine.deno === now.machine.deno ? "" : `Deno (${machine.deno})`,
    program.digest === now.program.digest ? "" : `program (${describeProgram(program)})`,
    dataSha256 === now.dataSha256 ? "" : `data set (SHA-256 ${dataSha256.slice(0, 12)}…)`,
  ].filter(Boolean);
}

function describeProgram({ version, digest }: RunRecord["program"]): string {
  return `${version}, source ${digest.slice(0, 12)}`;
}
