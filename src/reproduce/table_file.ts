/**
 * A table of runs as a file: rows of recipes, columns of evaluations, and what was published.
 *
 * @module
 */
import * as v from "valibot";
import beyond from "../../reproduce/tables/beyond.json" with { type: "json" };
import methods from "../../reproduce/tables/methods.json" with { type: "json" };
import paper from "../../reproduce/tables/paper.json" with { type: "json" };
import { readNamedFile } from "../disk/files.ts";
import { UsageError } from "../errors.ts";
import { isEvaluationName } from "../evaluate/evaluate.ts";
import { findDuplicateKey } from "../format/json/duplicate_key.ts";
import { describeIssue } from "../format/json/schema_issue.ts";
import { quoted } from "../format/quoted.ts";
import { type NamedFlags, namedFlags, readRecipe } from "./named_flags.ts";

const text = v.pipe(v.string(), v.nonEmpty());
/** Becomes the name of a folder. */
const slug = v.pipe(text, v.regex(/^[\w.-]+$/, "must be letters, digits, points and hyphens"));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const TableSchema = v.strictObject({
  format: v.literal(1),
  name: slug,
  title: text,
  /** Where the published numbers stand, and how they were measured. */
  published: v.optional(v.strictObject({ source: text, select: text, n: count })),
  /** What all rows have in common. */
  recipe: namedFlags,
  columns: v.pipe(
    v.array(v.strictObject({
      name: v.pipe(
        text,
        v.check(
          (name) => name === "autoattack" || isEvaluationName(name),
          "must be clean, fgsm, pgd20 (or another number of steps), cw20 or autoattack",
        ),
      ),
      label: text,
    })),
    v.minLength(1, "must not be empty"),
  ),
  rows: v.pipe(
    v.array(v.strictObject({
      name: slug,
      label: text,
      /** Its `helper` may name another row, whose run of the same seed is the helper then. */
      recipe: namedFlags,
      /** In place of a recipe, which is empty then: the row whose runs, which keep an average, are measured here by their raw weights. */
      rawOf: v.optional(slug),
      /** In percent, by the name of the column. */
      published: v.optional(v.record(text, v.number())),
    })),
    v.minLength(1, "must not be empty"),
  ),
  /** Smaller editions of the table; the table as it is has the name `full`. */
  scales: v.record(
    slug,
    v.strictObject({
      recipe: namedFlags,
      /** On how many of the first test images, by the name of the column; on all unless given. */
      n: v.record(text, count),
    }),
  ),
  claims: v.optional(
    v.array(v.strictObject({
      text,
      column: text,
      order: v.pipe(v.array(text), v.minLength(2)),
      equal: v.optional(text),
    })),
    [],
  ),
});

/** A table file's content. */
export type TableFile = v.InferOutput<typeof TableSchema>;
/** A row of a table file. */
export type Row = TableFile["rows"][number];

/** The tables that come with the program, by name. */
export const TABLES: Readonly<Record<string, unknown>> = { paper, methods, beyond };

/** The row of `table` whose runs are the helpers of a row's with `recipe`; undefined if it names none. */
export function helperRow({ rows }: TableFile, { helper }: NamedFlags): Row | undefined {
  return rows.find(({ name }) => name === helper);
}

/** The scale of a table as it is. */
export const FULL_SCALE = "full";

/**
 * The table called `name`, or in the file `name` if it ends in `.json`.
 *
 * @throws {UsageError} if there is none, or it is malformed
 */
export async function loadTable(name: string): Promise<TableFile> {
  if (!name.endsWith(".json")) {
    if (Object.hasOwn(TABLES, name)) return checkTable(TABLES[name], name);
    throw new UsageError(
      `--table ${name} is none of ${
        Object.keys(TABLES).join(", ")
      }, and no file that ends in .json.`,
    );
  }
  const written = new TextDecoder().decode(await readNamedFile(name));
  let json: unknown;
  try {
    json = JSON.parse(written);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${name} is not valid JSON: ${error.message}.`);
  }
  const twice = findDuplicateKey(written);
  if (twice === undefined) return checkTable(json, name);
  throw new UsageError(`${name} is no table: it has ${quoted(twice)} twice in one place.`);
}

function checkTable(json: unknown, name: string): TableFile {
  const result = v.safeParse(TableSchema, json);
  if (!result.success) {
    throw new UsageError(`${name} is no table: ${describeIssue(result.issues[0])}.`);
  }
  const table = result.output;
  readRecipe(table.recipe, `The recipe of table ${name}`);
  for (const [scale, { recipe }] of Object.entries(table.scales)) {
    readRecipe(recipe, `The recipe of scale ${scale} in table ${name}`);
  }
  for (const row of table.rows) {
    readRecipe(row.recipe, `The recipe of row ${row.name} in table ${name}`);
  }
  const rows = table.rows.map((row) => row.name), columns = table.columns.map(({ name }) => name);
  const twice = [rows, columns].flatMap((names) =>
    names.find((each, i) => names.indexOf(each) < i)
  );
  if (twice.some((each) => each !== undefined)) {
    throw new UsageError(`${name} is no table: it has ${twice.find(Boolean)} twice.`);
  }
  for (const row of table.rows) {
    const fault = helperFault(table, row) ?? rawFault(table, row);
    if (fault) throw new UsageError(`${name} is no table: ${fault}.`);
  }
  const named: (readonly [string, string, readonly string[]])[] = [
    ...table.claims.flatMap(({ column, equal, order }) => [
      ["column", column, columns] as const,
      ...equal === undefined ? [] : [["column", equal, columns] as const],
      ...order.map((row) => ["row", row, rows] as const),
    ]),
    ...table.rows.flatMap(({ published }) =>
      Object.keys(published ?? {}).map((column) => ["column", column, columns] as const)
    ),
    ...Object.values(table.scales).flatMap(({ n }) =>
      Object.keys(n).map((column) => ["column", column, columns] as const)
    ),
  ];
  const stranger = named.find(([, each, known]) => !known.includes(each));
  if (stranger === undefined) return table;
  throw new UsageError(`${name} is no table: it has no ${stranger[0]} ${stranger[1]}.`);
}

/** Why no run of the row that `row` names for a helper can be one; undefined if it can, or none is named. */
function helperFault(table: TableFile, { name, recipe }: Row): string | undefined {
  const helper = helperRow(table, recipe);
  if (helper === undefined) return undefined;
  if (helperRow(table, helper.recipe)) return `the helper of ${name} has a row for a helper itself`;
  return helper.rawOf === undefined ? undefined : `the helper of ${name} has rawOf, and no run`;
}

/** Why `row` cannot measure the raw weights of the row that it names; undefined if it can, or names none. */
function rawFault(table: TableFile, { name, rawOf, recipe }: Row): string | undefined {
  if (rawOf === undefined) return undefined;
  const trained = table.rows.find((row) => row.name === rawOf);
  if (trained === undefined) return `rawOf of ${name} is no row`;
  if (Object.keys(recipe).length > 0) return `${name} has a recipe, and rawOf beside it`;
  if (trained.rawOf !== undefined) return `${rawOf}, of ${name}, has rawOf, and no run`;
  if (helperRow(table, trained.recipe)) return `${rawOf}, of ${name}, has a row for a helper`;
  return undefined;
}
