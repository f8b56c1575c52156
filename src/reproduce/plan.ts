/**
 * What a table asks for: its cells, one for each seed of each row, with recipe and evaluations.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { NamedFlags } from "./named_flags.ts";
import { FULL_SCALE, helperRow, type Row, type TableFile } from "./table_file.ts";

/** What decides a cell's numbers, as the table file words it: a cell that was made of something else is another one. */
export interface CellRequest {
  /** Values of `memloss train`'s flags by their names. */
  readonly recipe: NamedFlags;
  /** How many of the first test images each evaluation is on, or all. */
  readonly evaluations: Readonly<Record<string, number | "all">>;
  /** The weights of the optimiser, where the run keeps an average of them; absent for what `memloss eval` takes. */
  readonly weights?: "raw" | undefined;
}

/** One seed of one row. */
export interface CellPlan {
  /** `ROW-seedN`: the name of its run folder and of its file. */
  readonly name: string;
  readonly row: string;
  readonly label: string;
  readonly seed: number;
  readonly request: CellRequest;
  /** The cell whose run is the helper of this one's: that of the row that its `helper` names. */
  readonly helper?: CellPlan;
  /** The cell whose run this one measures by its raw weights, instead of training one. */
  readonly trained?: CellPlan;
}

/** Which cells of a table to make. */
export interface PlanOptions {
  /** `full` or a name in the table's `scales`. */
  readonly scale: string;
  readonly seeds: readonly number[];
  /** Names of rows; all unless given. */
  readonly only?: readonly string[] | undefined;
  /** On how many test images every evaluation is at most. */
  readonly nEx?: number | undefined;
}

/** What a cell, its file and its run's folder are called. */
export function cellName(row: string, seed: number): string {
  return `${row}-seed${seed}`;
}

/**
 * The cells of `table`, seed by seed, so that a table that is not finished has all its rows.
 *
 * @throws {UsageError} if the table has no such scale or row, or has raw weights of a row that keeps no average there
 */
export function planCells(table: TableFile, { scale, seeds, only, nEx }: PlanOptions): CellPlan[] {
  const edition = scale === FULL_SCALE
    ? { recipe: {}, n: {} }
    : Object.hasOwn(table.scales, scale)
    ? table.scales[scale]
    : undefined;
  if (edition === undefined) {
    const known = [FULL_SCALE, ...Object.keys(table.scales)];
    throw new UsageError(
      `--scale ${scale} is not in table ${table.name}: it has ${known.join(", ")}.`,
    );
  }
  const stranger = only?.find((name) => !table.rows.some((row) => row.name === name));
  if (stranger !== undefined) {
    const known = table.rows.map(({ name }) => name).join(", ");
    throw new UsageError(`--only ${stranger} is no row of table ${table.name}: it has ${known}.`);
  }
  const most = { ...edition.n } as Record<string, number | undefined>;
  const evaluations = Object.fromEntries(table.columns.map(({ name }) => {
    const n = Math.min(most[name] ?? Infinity, nEx ?? Infinity);
    return [name, n === Infinity ? "all" as const : n];
  }));
  const rows = table.rows.filter(({ name }) => only?.includes(name) ?? true);
  const planCell = ({ name: row, label, recipe, rawOf }: Row, seed: number): CellPlan => {
    const helper = helperRow(table, recipe), name = cellName(row, seed);
    if (rawOf !== undefined) {
      const trained = planCell(table.rows.find((each) => each.name === rawOf)!, seed);
      if ((trained.request.recipe["weight-average"] ?? "none") === "none") {
        throw new UsageError(
          `Row ${row} of table ${table.name} measures the raw weights of ${rawOf}, which has no weight-average at scale ${scale}.`,
        );
      }
      return { name, row, label, seed, request: { ...trained.request, weights: "raw" }, trained };
    }
    return {
      name,
      row,
      label,
      seed,
      request: { recipe: { ...table.recipe, ...edition.recipe, ...recipe, seed }, evaluations },
      ...helper && { helper: planCell(helper, seed) },
    };
  };
  return seeds.flatMap((seed) => rows.map((row) => planCell(row, seed)));
}
