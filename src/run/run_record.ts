/**
 * `recipe.json`: what a run was started with, by which program, on which machine and data.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import {
  type Recipe,
  RECIPE_FLAGS,
  type RecipeInput,
  RecipeSchema,
  resolveRecipe,
} from "../recipe/recipe.ts";
import { serviceAddress } from "../recipe/memory_flags.ts";

const RunRecordSchema = v.strictObject({
  format: v.literal(1),
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
  recipe: RecipeSchema,
});

/** The content of `recipe.json`. */
export type RunRecord = v.InferOutput<typeof RunRecordSchema>;

/** The text of `recipe.json`. */
export function encodeRunRecord(record: RunRecord): string {
  return JSON.stringify(record, null, 2) + "\n";
}

/**
 * Reads back what {@linkcode encodeRunRecord} wrote.
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
  const result = v.safeParse(RunRecordSchema, withImplied(json));
  const problem = result.success
    ? findProblem(result.output.recipe)
    : `${v.getDotPath(result.issues[0]) ?? "it"}: ${result.issues[0].message}`;
  if (result.success && problem === undefined) return result.output;
  throw new UsageError(`${path} is no memloss recipe: ${problem}.`);
}

/** What runs did before there were flags for it. */
const IMPLIED = { memoryView: "stored", memoryAge: 1, memoryBudget: 256, onCorruption: "rerun" };

/** A record of a run with a memory, as `json`, with what it leaves to be understood. */
function withImplied(json: unknown): unknown {
  const record = json as { recipe?: Partial<Recipe> } | null;
  if (typeof record?.recipe !== "object" || record.recipe?.memoryCodec === undefined) return json;
  return { ...record, recipe: { ...IMPLIED, ...record.recipe } };
}

/** What `recipe` has and its variant does not, or lacks: a coefficient left out must not train as zero. */
function findProblem(recipe: Recipe): string | undefined {
  try {
    const absent = Object.keys(resolveRecipe(recipe)).find((field) => !(field in recipe));
    return absent && `recipe.${absent}: is missing`;
  } catch (error) {
    if (error instanceof UsageError) return error.message.replace(/\.$/, "");
    throw error;
  }
}

/** Where the data lies (its digest is compared instead), what changes no result, and what to do about damage. */
const SESSION_FIELDS: readonly string[] = [
  "dataDir",
  "workers",
  "memoryBudget",
  "memoryIndex",
  "onCorruption",
];

/** What a run without such a field does. */
const UNSAID: RecipeInput = { attackPrecision: "f32" };

/**
 * The recipe to go on with: the stored one, if what the user `given` does not contradict it. Only {@linkcode
 * SESSION_FIELDS} may differ between two sessions of one run.
 *
 * @throws {UsageError} naming the first flag that differs
 */
export function resumeRecipe(stored: Recipe, given: RecipeInput, path: string): Recipe {
  const { memoryIndex } = given;
  const asked = { ...given, ...memoryIndex && { memoryIndex: serviceAddress(memoryIndex) } };
  for (const [field, value] of Object.entries(asked)) {
    const before = stored[field as keyof Recipe] ?? UNSAID[field as keyof Recipe];
    if (SESSION_FIELDS.includes(field) || value === before) continue;
    const { name } = RECIPE_FLAGS[field as keyof Recipe];
    throw new UsageError(
      `--${name} ${value} differs from ${path}, which has ${
        before ?? "none"
      }: resume without it, or start a new run.`,
    );
  }
  return { ...stored, ...asked };
}
