/**
 * `metrics.csv`: one row for every epoch, for spreadsheets.
 *
 * @module
 */
import { join } from "@std/path";
import { readIfThere, writeFileAtomically } from "../disk/files.ts";
import type { EpochMetrics } from "./metrics.ts";

/** Its name in a run's folder. */
export const METRICS_TABLE = "metrics.csv";

/** The columns behind those of the loss's terms. */
const TABLE_END = ["clean_accuracy", "robust_accuracy", "images_per_second", "seconds"] as const;

/** The cells of a row by their column. */
type Row = Readonly<Record<string, string>>;

/** The table of the run in a folder. */
export class MetricsTable {
  readonly #path: string;
  readonly #columns: readonly string[];
  readonly #rows: Map<number, Row>;

  private constructor(path: string, columns: readonly string[], rows: Map<number, Row>) {
    this.#path = path;
    this.#columns = columns;
    this.#rows = rows;
  }

  /**
   * Opens the table in `directory` and cuts it back to `last` epochs. Rows of epochs that are not among `epochs` stay: the
   * table was flushed to the disk when the log may not have been.
   *
   * @param terms which of the loss's terms it has columns for
   */
  static async open(
    directory: string,
    terms: readonly string[],
    epochs: readonly EpochMetrics[],
    last: number,
  ): Promise<MetricsTable> {
    const path = join(directory, METRICS_TABLE);
    const columns = ["epoch", "loss", ...terms, ...TABLE_END];
    const before = [...await readRows(path)].filter(([epoch]) => epoch <= last);
    const table = new MetricsTable(path, columns, new Map(before));
    for (const metrics of epochs) table.#rows.set(metrics.epoch, rowOf(metrics));
    await table.#write();
    return table;
  }

  /** Adds a row, and writes the table, whole or not at all. Throws a {@linkcode RunError} if that fails. */
  async add(metrics: EpochMetrics): Promise<void> {
    this.#rows.set(metrics.epoch, rowOf(metrics));
    await this.#write();
  }

  async #write(): Promise<void> {
    const rows = [...this.#rows].sort(([a], [b]) => a - b)
      .map(([, row]) => this.#columns.map((column) => row[column] ?? "").join(","));
    const text = [this.#columns.join(","), ...rows].join("\n") + "\n";
    await writeFileAtomically(this.#path, new TextEncoder().encode(text));
  }
}

function rowOf(metrics: EpochMetrics): Row {
  const { epoch, loss, terms, cleanAccuracy, robustAccuracy, imagesPerSecond, seconds } = metrics;
  const cells = {
    epoch,
    loss,
    ...terms,
    seconds,
    clean_accuracy: cleanAccuracy,
    robust_accuracy: robustAccuracy,
    images_per_second: speedCell(imagesPerSecond),
  };
  return Object.fromEntries(
    Object.entries(cells).map(([column, value]) => [column, value === undefined ? "" : `${value}`]),
  );
}

/** A speed, or nothing where it is not known: earlier versions logged 0, and JSON has no infinity. */
function speedCell(imagesPerSecond: number | null | undefined): number | undefined {
  return Number.isFinite(imagesPerSecond) && imagesPerSecond! > 0 ? imagesPerSecond! : undefined;
}

/** The rows of a table by epoch; what is not a row is left out. */
async function readRows(path: string): Promise<Map<number, Row>> {
  const text = new TextDecoder().decode(await readIfThere(path));
  const [columns = [], ...lines] = text.trimEnd().split("\n").map((line) => line.split(","));
  const rows = new Map<number, Row>();
  for (const cells of lines) {
    const row = Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ""]));
    if (row.images_per_second) {
      row.images_per_second = `${speedCell(Number(row.images_per_second)) ?? ""}`;
    }
    const epoch = Number(row.epoch);
    if (Number.isSafeInteger(epoch) && epoch > 0 && cells.length === columns.length) {
      rows.set(epoch, row);
    }
  }
  return rows;
}
