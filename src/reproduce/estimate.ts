/**
 * What a table will take: hours, disk and GPU memory, before it is begun.
 *
 * @module
 */
import { openBackend } from "../backend/open.ts";
import { freeBytes } from "../disk/free_space.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import { engineOptions, resolveRecipe } from "../recipe/resolve.ts";
import { isTrained } from "../run/folder/files.ts";
import { capacity } from "../train/preflight.ts";
import { cellRun, type Sitting } from "./make_cell.ts";
import { bytesOf, countImages, gibibytes, roughly, secondsOf } from "./estimate_run.ts";
import { knownData, readData } from "./known_data.ts";
import { findMeasurement, measureApart, type Measurement, measureSteps } from "./measure.ts";
import { readRecipe } from "./named_flags.ts";
import type { CellPlan } from "./plan.ts";

/** What one row takes. */
export interface RowEstimate {
  readonly label: string;
  /** Cells that are not finished. */
  readonly cells: number;
  /** Seconds for one of them, and bytes that its run keeps. */
  readonly seconds: number;
  readonly bytes: number;
}

/** What the rest of a table takes. */
export interface Estimate {
  readonly rows: readonly RowEstimate[];
  readonly seconds: number;
  readonly bytes: number;
  /** Bytes that are free where the table lies. */
  readonly freeBytes: number;
  /** Bytes of GPU memory for a step; absent on an engine that allocates as it goes. */
  readonly gpuBytes?: number;
  /** What computes. */
  readonly adapter: string;
  /** What data are not there, a sentence for each set. */
  readonly missing: readonly string[];
}

/**
 * Estimates what `open`, the unfinished ones of `cells`, will take in `out`.
 *
 * @param onMeasure told which row is measured
 * @param dry whether nothing is to be made: then data may be missing, and nothing is left in `out`
 */
export async function estimate(
  out: string,
  cells: readonly CellPlan[],
  open: readonly CellPlan[],
  sitting: Sitting,
  onMeasure: (label: string) => void,
  dry: boolean,
): Promise<Estimate> {
  const rows: RowEstimate[] = [], absent = new Set<string>();
  /** Of steps taken here, by the row whose runs they are of. */
  const taken = new Map<string, Measurement>();
  let gpuBytes: number | undefined, adapter = "", peak = 0;
  const byRow = Map.groupBy(open, ({ row }) => row);
  for (const [row, plans] of byRow) {
    const { label, request, helper, trained } = plans[0]!;
    const given = { ...readRecipe(request.recipe, row), ...sitting.given };
    const recipe = resolveRecipe(given);
    const { kind, sizes, measured, missing } = await (dry ? knownData(recipe) : readData(recipe));
    if (missing !== undefined) absent.add(missing);
    const images = countImages(recipe, sizes);
    // The tuner is left alone: it may take minutes, and the runs will ask it themselves.
    const backend = await openBackend(recipe.backend, { ...engineOptions(recipe), tune: false });
    const needed = await capacity(recipe, kind, backend)
      .finally(() => backend.close());
    if (needed) gpuBytes = Math.max(gpuBytes ?? 0, needed.bytes);
    adapter = `${backend.name} (${backend.adapter})`;
    const own = cells.filter((plan) => plan.row === row);
    const trainedRow = trained?.row ?? row;
    let found = await findMeasurement(out, own, images.train, backend) ?? taken.get(trainedRow);
    if (found === undefined) {
      onMeasure(label);
      // A helper that is another cell's run may not be there yet; any takes as long.
      const steps = { ...given, ...helper && { helper: AUTO_HELPER }, ...measured };
      const asked = [recipe, steps, images.train, backend.name === "wasm", sitting.signal] as const;
      found = await (dry ? measureApart(...asked) : measureSteps(out, ...asked));
      taken.set(trainedRow, found);
    }
    // Of a run that is counted with its own row, or trained, the evaluations alone are left.
    const trains = trained === undefined ||
      !cells.some((plan) => plan.row === trained.row) && !await isTrained(cellRun(out, plans[0]!));
    const bytes = trains ? bytesOf(recipe, found, images.train) : { kept: 0, peak: 0 };
    peak = Math.max(peak, bytes.peak);
    const { evaluations } = request;
    const left = trains ? recipe : { ...recipe, epochs: 0 };
    const seconds = found.seconds ?? secondsOf(left, found.speed!, images, evaluations);
    rows.push({ label, cells: plans.length, seconds, bytes: bytes.kept });
  }
  const total = (value: (row: RowEstimate) => number) =>
    rows.reduce((sum, row) => sum + row.cells * value(row), 0);
  return {
    rows,
    seconds: total(({ seconds }) => seconds),
    bytes: total(({ bytes }) => bytes) + peak,
    freeBytes: await freeBytes(out),
    ...gpuBytes !== undefined && { gpuBytes },
    adapter,
    missing: [...absent],
  };
}

/** The estimate for people, a line for each row and one for all. */
export function describeEstimate(
  { rows, seconds, bytes, freeBytes, gpuBytes, adapter, missing }: Estimate,
  out: string,
): string[] {
  const width = Math.max(0, ...rows.map(({ label }) => label.length));
  const gpu = gpuBytes === undefined ? "" : `, ${gibibytes(gpuBytes)} of GPU memory`;
  return [
    ...rows.map(({ label, cells, seconds: each }) =>
      `  ${label.padEnd(width)}  ${cells} × about ${roughly(each)}`
    ),
    `In all about ${roughly(seconds)} on ${adapter}, ${gibibytes(bytes)} of disk in ${out} ` +
    `(${gibibytes(freeBytes)} are free)${gpu}.`,
    ...bytes > freeBytes ? ["warning: that is more than the disk has left."] : [],
    ...missing,
  ];
}
