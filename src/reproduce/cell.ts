/**
 * A cell of a table on disk: what one run with one seed scored, and everything that it was made of.
 *
 * @module
 */
import { join } from "@std/path";
import * as v from "valibot";
import { readIfThere, writeFileAtomically } from "../disk/files.ts";
import { UsageError } from "../errors.ts";
import { describeIssue } from "../format/json/schema_issue.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { MeasuredRun } from "../report/tables/layout.ts";
import { testImages } from "../report/tables/test_images.ts";
import { type NamedFlags, readRecipe } from "./named_flags.ts";
import type { CellPlan, CellRequest } from "./plan.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const seconds = v.pipe(v.number(), v.minValue(0));
const program = v.strictObject({ version: v.string(), digest: v.string() });
const accuracy = { accuracy: share, correct: count, n: v.pipe(count, v.minValue(1)) };

/** Whether what an accuracy says of itself agrees. */
function isConsistent({ accuracy, correct, n }: { accuracy: number; correct: number; n: number }) {
  return correct <= n && accuracy === correct / n;
}
const CONTRADICTION = "must be correct / n, of at most n";

const FieldsSchema = v.strictObject({
  ...accuracy,
  verdicts: v.pipe(v.string(), v.regex(/^[01]*$/)),
  /** Norm and radius of the attack, and the seed of its draws. */
  attack: v.strictObject({ norm: v.string(), radius: v.string(), seed: count }),
  /** Of the images that were evaluated, and their labels; cells of earlier programs have none. */
  imagesSha256: v.optional(v.string()),
  /** AutoAttack alone: its version, what each member left, and what was noticed. */
  version: v.optional(v.string()),
  perAttack: v.optional(
    v.record(
      v.string(),
      v.pipe(
        v.strictObject({ ...accuracy, attacked: count, broken: count }),
        v.check((found) => isConsistent(found), CONTRADICTION),
      ),
    ),
  ),
  warnings: v.optional(v.array(v.string())),
});
const EvaluationSchema = v.pipe(
  FieldsSchema,
  v.check((found) => isConsistent(found), CONTRADICTION),
  v.check(
    ({ verdicts, correct, n }) =>
      verdicts.length === n && verdicts.replaceAll("0", "").length === correct,
    "must have n verdicts, of which `correct` are 1",
  ),
);

const CellSchema = v.strictObject({
  format: v.literal(1),
  row: v.string(),
  seed: count,
  request: v.strictObject({
    recipe: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
    evaluations: v.record(v.string(), v.union([count, v.literal("all")])),
    weights: v.optional(v.literal("raw")),
  }),
  /** The resolved recipe without what belongs to a sitting, and the SHA-256 of its JSON. */
  recipe: v.record(v.string(), v.unknown()),
  recipeSha256: v.string(),
  dataSha256: v.string(),
  /** What the run was started by, and what finished the cell. */
  program,
  finishedBy: program,
  machine: v.strictObject({
    backend: v.string(),
    adapter: v.string(),
    deno: v.string(),
    system: v.string(),
    processors: count,
  }),
  checkpoint: v.strictObject({ name: v.string(), sha256: v.string() }),
  /** Of the file that its run's helper is from; absent where it has none, and in cells of earlier programs. */
  helperSha256: v.optional(v.string()),
  /** By the name of the column; a finished cell has all that were requested. */
  evaluations: v.record(v.string(), EvaluationSchema),
  /** Nothing else in a cell differs between two makings of it. */
  times: v.strictObject({
    training: seconds,
    evaluations: v.record(v.string(), seconds),
    /** AutoAttack's members. */
    perAttack: v.optional(v.record(v.string(), seconds)),
    written: v.string(),
  }),
});

/** A cell's file. */
export type Cell = v.InferOutput<typeof CellSchema>;
/** One evaluation of a cell. */
export type CellEvaluation = v.InferOutput<typeof EvaluationSchema>;

/** The folder of a table's cells. */
export function cellsFolder(out: string): string {
  return join(out, "cells");
}

/** The file of the cell called `name`. */
export function cellPath(out: string, name: string): string {
  return join(cellsFolder(out), `${name}.json`);
}

/**
 * Reads the cell that `plan` asks for; undefined if nobody has begun to evaluate it.
 *
 * @throws {UsageError} if the file is no cell, or one of another recipe
 */
export async function readCell(out: string, plan: CellPlan): Promise<Cell | undefined> {
  const path = cellPath(out, plan.name);
  const cell = await readCellFile(path);
  if (cell === undefined) return undefined;
  const difference = cell.row === plan.row
    ? findDifference(cell.request, plan.request)
    : ["row", cell.row, plan.row] as const;
  if (difference === undefined) return cell;
  const [what, found, asked] = difference;
  throw new UsageError(
    `${path} was made with ${what} ${found}, and this table asks for ${asked}: ` +
      "choose another --out, or move the cell away.",
  );
}

/** The cell at `path`, whatever it was made for; undefined if there is no such file. */
async function readCellFile(path: string): Promise<Cell | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new UsageError(`${path} is not valid JSON: move it away, and its cell is made again.`);
  }
  const result = v.safeParse(CellSchema, json);
  if (result.success) return result.output;
  throw new UsageError(`${path} is no cell of a table: ${describeIssue(result.issues[0])}.`);
}

/** Writes `cell`, whole or not at all. */
export async function writeCell(out: string, name: string, cell: Cell): Promise<void> {
  // Parsed for the order of its fields, which is another one in a cell that was read.
  const text = JSON.stringify(v.parse(CellSchema, cell), null, 1) + "\n";
  await writeFileAtomically(cellPath(out, name), new TextEncoder().encode(text));
}

/** What `cell` says of its run, for a table. */
export function measuredRun({ row, seed, recipe, dataSha256, evaluations }: Cell): MeasuredRun {
  const measured = Object.entries(evaluations).map(([name, each]) => {
    const images = testImages(recipe as unknown as Recipe, dataSha256, each.imagesSha256);
    return [name, { ...each, images }];
  });
  return { row, seed, evaluations: Object.fromEntries(measured) };
}

/** Whether `cell` has everything that was requested of it. */
export function isFinished({ request, evaluations }: Cell): boolean {
  return Object.keys(request.evaluations).every((name) => name in evaluations);
}

/** The first thing in which two requests differ: its name, and both values in words. */
function findDifference(
  found: CellRequest,
  asked: CellRequest,
): [what: string, found: string, asked: string] | undefined {
  if (found.weights !== asked.weights) {
    return ["weights:", found.weights ?? "its default", asked.weights ?? "its default"];
  }
  for (const part of ["recipe", "evaluations"] as const) {
    for (const name of Object.keys({ ...found[part], ...asked[part] })) {
      const one = found[part][name], other = asked[part][name];
      if (one === other || part === "recipe" && isSameValue(name, one, other)) continue;
      const what = part === "recipe" ? `--${name}` : `${name} on images:`;
      return [what, String(one ?? "its default"), String(other ?? "its default")];
    }
  }
  return undefined;
}

/** Whether two values of the flag `name` are read as the same one: `"4"` is 4, `"8/255"` the fraction. */
function isSameValue(
  name: string,
  one: NamedFlags[string] | undefined,
  other: NamedFlags[string] | undefined,
): boolean {
  if (one === undefined || other === undefined) return false;
  const [read, asked] = [one, other].map((value) => {
    try {
      return JSON.stringify(readRecipe({ [name]: value }, "A cell"));
    } catch (error) {
      if (error instanceof UsageError) return undefined; // an earlier program's
      throw error;
    }
  });
  return read !== undefined && read === asked;
}
