/**
 * Writes a table from the cells that are there: `table.json`, `table.md`, `table.tex`, `table.csv`, and
 * `report.html` with the runs of its first seed.
 *
 * @module
 */
import { join } from "@std/path";
import { FileLock } from "../disk/file_lock.ts";
import { listFolder, writeFileAtomically } from "../disk/files.ts";
import { exists } from "../disk/regular.ts";
import { RunError, UsageError } from "../errors.ts";
import { renderTablePage } from "../report/page/page.ts";
import { readRun, type RunData } from "../report/page/run_data.ts";
import { readCommittedCheckpoints } from "../run/checkpoints.ts";
import { isTrained, readRunRecord } from "../run/folder/files.ts";
import { judgeClaims } from "../report/tables/claims.ts";
import { noticed, summarise } from "../report/tables/results.ts";
import { tableCsv } from "../report/tables/csv.ts";
import { tableLatex } from "../report/tables/latex.ts";
import { tableMarkdown } from "../report/tables/markdown.ts";
import { type Cell, cellsFolder, isFinished, measuredRun, readCell } from "./cell.ts";
import { cellRun } from "./make_cell.ts";
import { tableNotes } from "./notes.ts";
import { cellName, planCells } from "./plan.ts";
import { FULL_SCALE, helperRow, type TableFile } from "./table_file.ts";

/** A table as it is written. */
export interface TableOptions {
  readonly scale: string;
  /** Seeds that were asked for; cells with other seeds are in the table too. */
  readonly seeds: readonly number[];
  readonly nEx?: number | undefined;
  /** What makes and continues the table with all these seeds, to be typed. */
  readonly command: (seeds: readonly number[]) => string;
  /** Stops the waiting for another process that writes it. */
  readonly signal?: AbortSignal | undefined;
}

/** What a table is written as. */
const TABLE_FILES = ["table.json", "table.md", "table.tex", "table.csv", "report.html"] as const;

/**
 * Makes sure that no file of somebody else is written over: a table of ours has its cells beside it.
 *
 * @throws {UsageError} naming the file that is there without them
 */
export async function refuseForeignTable(out: string): Promise<void> {
  if (await exists(cellsFolder(out))) return;
  for (const name of TABLE_FILES) {
    if (!await exists(join(out, name))) continue;
    throw new UsageError(
      `${join(out, name)} is there already, and no cells that it was made of: name another --out.`,
    );
  }
}

/**
 * Writes `table` from all its cells in `out`, whoever made them, and returns it as Markdown.
 *
 * @throws {UsageError} if there are no cells, or one is of another recipe
 * @throws {Interrupted} if the signal is aborted while another process writes it
 * @throws {RunError} if a file cannot be read or written
 */
export async function writeTable(
  out: string,
  table: TableFile,
  options: TableOptions,
): Promise<string> {
  if (!await exists(cellsFolder(out))) {
    throw new UsageError(
      `There are no cells in ${out}: name the folder of a table that was begun, or make it without --step table.`,
    );
  }
  // Whoever reads the cells last also writes last.
  using _lock = await FileLock.wait(join(out, "table.lock"), options.signal);
  const { scale, command } = options;
  const { cells, strays } = await readCells(out, table, options);
  const seeds = seedsOf(cells, options.seeds);
  const asked = planCells(table, { ...options, seeds });
  const finished = cells.filter(isFinished).length;
  const recipe = scale === FULL_SCALE ? {} : table.scales[scale]!.recipe;
  const rows = table.rows.map(({ name, label, published }) => ({ name, label, published }));
  const { columns } = table, measured = cells.map(measuredRun);
  const layout = {
    title: scale === FULL_SCALE ? table.title : `${table.title} (scale: ${scale})`,
    rows,
    columns,
    notes: tableNotes(table, {
      scale,
      recipe,
      cells,
      asked: asked.length,
      finished,
      strays,
      noticed: noticed({ rows, columns }, measured),
      strangers: await helperStrangers(out, table, cells),
      command: command(seeds),
    }),
  };
  const results = summarise(layout, measured);
  const claims = judgeClaims(table.claims, results);
  const markdown = tableMarkdown(results, claims);
  const json = { format: 1, table: table.name, scale, ...results, claims };
  const { runs, unread } = await readShownRuns(out, cells);
  const texts: Record<typeof TABLE_FILES[number], string> = {
    "table.json": JSON.stringify(json, null, 1) + "\n",
    "table.md": markdown,
    "table.tex": tableLatex(results),
    "table.csv": tableCsv(results),
    "report.html": renderTablePage(results, claims, runs, unread),
  };
  for (const [name, text] of Object.entries(texts)) {
    await writeFileAtomically(join(out, name), new TextEncoder().encode(text));
  }
  return markdown;
}

/**
 * The run of each row's first cell: those of all seeds would be too many for one page. The table is made of the cells alone,
 * so a run that was moved away or damaged since stops nothing: `unread` says why it is not shown.
 */
async function readShownRuns(
  out: string,
  cells: readonly Cell[],
): Promise<{ readonly runs: readonly RunData[]; readonly unread: readonly string[] }> {
  const first = new Map<string, Cell>();
  for (const cell of cells.toSorted((a, b) => a.seed - b.seed)) {
    // A run that two cells measure is shown once.
    if (!first.has(cell.row) && cell.request.weights === undefined) first.set(cell.row, cell);
  }
  const runs: RunData[] = [], unread: string[] = [];
  for (const { row, seed } of first.values()) {
    try {
      runs.push(await readRun(cellRun(out, { name: cellName(row, seed) })));
    } catch (error) {
      if (!(error instanceof RunError || error instanceof UsageError)) throw error;
      unread.push(error.message.replace(/\.$/, ""));
    }
  }
  return { runs, unread };
}

/** The cells that have learnt from another helper than the run of the row that theirs names, as far as both are known. */
async function helperStrangers(
  out: string,
  table: TableFile,
  cells: readonly Cell[],
): Promise<string[]> {
  const strangers: string[] = [];
  for (const cell of cells) {
    const row = table.rows.find(({ name }) => name === cell.row)!;
    const helper = helperRow(table, row.recipe);
    if (helper === undefined) continue;
    const name = cellName(row.name, cell.seed), helperName = cellName(helper.name, cell.seed);
    const helperCell = cells.find((each) => each.row === helper.name && each.seed === cell.seed);
    const now = helperCell?.checkpoint.sha256 ?? await ofRun(out, helperName, async (run) => {
      const { best, last } = await readCommittedCheckpoints(run) ?? {};
      return await isTrained(run) ? (best ?? last)?.sha256 : undefined;
    });
    const learnt = cell.helperSha256 ??
      await ofRun(out, name, async (run) => (await readRunRecord(run)).helper?.sha256);
    if (now && learnt && now !== learnt) strangers.push(name);
  }
  return strangers;
}

/** What `read` finds in the run of the cell called `name`; undefined where that was moved away or damaged. */
async function ofRun(
  out: string,
  name: string,
  read: (run: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    return await read(cellRun(out, { name }));
  } catch (error) {
    if (error instanceof RunError || error instanceof UsageError) return undefined;
    throw error;
  }
}

/** `ROW-seedN.json`; a row's name has no blanks, brackets or the like. */
const CELL_FILE = /^([\w.-]+)-seed(\d+)\.json$/;

/**
 * The table's cells in `out`, each held against what the table asks for. Their names say which they are: `strays` are files
 * under other names, such as a second copy of a cell, which must not count again.
 */
async function readCells(
  out: string,
  table: TableFile,
  { scale, nEx }: TableOptions,
): Promise<{ readonly cells: Cell[]; readonly strays: string[] }> {
  const names = (await listFolder(cellsFolder(out))).map(({ name }) => name)
    .filter((name) => name.endsWith(".json")).sort();
  const cells: Cell[] = [], strays: string[] = [];
  for (const name of names) {
    const [, row = "", digits] = CELL_FILE.exec(name) ?? [], seed = Number(digits);
    if (name !== `${cellName(row, seed)}.json`) strays.push(name);
    if (strays.includes(name) || !table.rows.some((each) => each.name === row)) continue;
    const [plan] = planCells(table, { scale, nEx, seeds: [seed], only: [row] });
    const cell = await readCell(out, plan!);
    if (cell) cells.push(cell);
  }
  return { cells, strays };
}

function seedsOf(cells: readonly Cell[], asked: readonly number[]): number[] {
  return [...new Set([...asked, ...cells.map(({ seed }) => seed)])].sort((a, b) => a - b);
}
