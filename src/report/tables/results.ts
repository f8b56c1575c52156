/**
 * Results as a table, as plain data: what `table.json` holds and what every other form of it is written from.
 *
 * @module
 */
import type { Interval } from "../../statistics/interval.ts";
import { mean, sampleDeviation } from "../../statistics/moments.ts";
import { wilsonInterval } from "../../statistics/wilson.ts";
import { type Difference, pairedDifferences } from "./differences.ts";
import type { Evaluation, MeasuredRun, TableColumn, TableLayout, TableRow } from "./layout.ts";

/** One seed's accuracy, with Wilson's interval. */
export interface SeedAccuracy extends Omit<Evaluation, "verdicts" | "images" | "warnings"> {
  readonly seed: number;
  readonly interval: Interval;
}

/** The accuracies of one row in one column. */
export interface Summary {
  readonly mean: number;
  /** Sample standard deviation over seeds; absent for one seed. */
  readonly deviation?: number;
  /** Images of each evaluation, without repetition. */
  readonly n: readonly number[];
  readonly seeds: readonly SeedAccuracy[];
}

/** A row with what was measured. */
export interface ResultRow extends TableRow {
  /** By the name of the column; a column that nobody measured is absent. */
  readonly results: Readonly<Record<string, Summary>>;
}

/** A table with its results. */
export interface ResultTable extends Omit<TableLayout, "rows"> {
  readonly rows: readonly ResultRow[];
  /** Every two rows compared, in every column. */
  readonly differences: readonly Difference[];
}

/** Sums `runs` up as `layout` says. */
export function summarise(layout: TableLayout, runs: readonly MeasuredRun[]): ResultTable {
  const { rows, columns } = layout;
  return {
    ...layout,
    rows: rows.map((row) => ({ ...row, results: resultsOf(row, columns, runs) })),
    differences: pairedDifferences(layout, runs),
  };
}

/** The columns of which something was published. */
export function publishedColumns(
  { rows, columns }: Pick<TableLayout, "rows" | "columns">,
): readonly TableColumn[] {
  return columns.filter(({ name }) => rows.some((row) => row.published?.[name] !== undefined));
}

/** Which of `runs` lack a column that others have, a sentence for each column, and what was warned of in which. */
export function noticed(
  layout: Pick<TableLayout, "rows" | "columns">,
  runs: readonly MeasuredRun[],
): string[] {
  return [...notMeasured(layout, runs), ...warnings(layout, runs)];
}

function notMeasured(
  { rows, columns }: Pick<TableLayout, "rows" | "columns">,
  runs: readonly MeasuredRun[],
): string[] {
  return columns.flatMap(({ name, label }) => {
    const lacking = runs.filter(({ evaluations }) => !(name in evaluations));
    if (lacking.length === 0 || lacking.length === runs.length) return [];
    return [`Not measured, ${label}: ${namesOf(lacking, rows)}.`];
  });
}

/** A sentence for each distinct warning of a column. */
function warnings(
  { rows, columns }: Pick<TableLayout, "rows" | "columns">,
  runs: readonly MeasuredRun[],
): string[] {
  return columns.flatMap(({ name, label }) => {
    const warned = (run: MeasuredRun) => run.evaluations[name]?.warnings ?? [];
    return [...new Set(runs.flatMap(warned))].map((warning) => {
      const those = runs.filter((run) => warned(run).includes(warning));
      return `Warning of ${label} (${namesOf(those, rows)}): ${warning}`;
    });
  });
}

/** `runs` by row and seeds, such as `V1 seeds 1, 2; TRADES seed 1`. */
function namesOf(runs: readonly MeasuredRun[], rows: readonly TableRow[]): string {
  return rows.flatMap(({ name, label }) => {
    const seeds = runs.filter(({ row }) => row === name).map(({ seed }) => seed).sort((a, b) =>
      a - b
    );
    if (seeds.length === 0) return [];
    return [`${label} seed${seeds.length > 1 ? "s" : ""} ${seeds.join(", ")}`];
  }).join("; ");
}

function resultsOf(
  { name: row }: TableRow,
  columns: readonly TableColumn[],
  runs: readonly MeasuredRun[],
): Record<string, Summary> {
  const own = runs.filter((run) => run.row === row).toSorted((a, b) => a.seed - b.seed);
  const results: Record<string, Summary> = {};
  for (const { name } of columns) {
    const seeds = own.flatMap(({ seed, evaluations: { [name]: found } }) =>
      found ? [seedAccuracy(seed, found)] : []
    );
    if (seeds.length === 0) continue;
    const values = seeds.map(({ accuracy }) => accuracy);
    const deviation = sampleDeviation(values);
    results[name] = {
      mean: mean(values),
      ...deviation !== undefined && { deviation },
      n: [...new Set(seeds.map(({ n }) => n))],
      seeds,
    };
  }
  return results;
}

function seedAccuracy(seed: number, { accuracy, correct, n }: Evaluation): SeedAccuracy {
  return { seed, accuracy, correct, n, interval: wilsonInterval(correct, n) };
}
