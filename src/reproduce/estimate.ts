/**
 * What a table will take: hours, disk and GPU memory, before it is begun.
 *
 * @module
 */
import { openBackend } from "../backend/open.ts";
import { ownImages } from "../data/auxiliary.ts";
import { loadData } from "../data/sets/sets.ts";
import { freeBytes } from "../disk/free_space.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import { engineOptions, resolveRecipe } from "../recipe/resolve.ts";
import { capacity } from "../train/preflight.ts";
import type { Sitting } from "./make_cell.ts";
import { bytesOf, gibibytes, roughly, secondsOf, trainingImages } from "./estimate_run.ts";
import { findMeasurement, measureSteps } from "./measure.ts";
import { type CellPlan, readRecipe } from "./plan.ts";

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
}

/**
 * Estimates what `open`, the unfinished ones of `cells`, will take in `out`.
 *
 * @param onMeasure told which row is measured
 */
export async function estimate(
  out: string,
  cells: readonly CellPlan[],
  open: readonly CellPlan[],
  sitting: Sitting,
  onMeasure: (label: string) => void,
): Promise<Estimate> {
  const rows: RowEstimate[] = [];
  let gpuBytes: number | undefined, adapter = "", peak = 0;
  const byRow = Map.groupBy(open, ({ row }) => row);
  for (const [row, plans] of byRow) {
    const { label, request, helper, trained } = plans[0]!;
    const given = { ...readRecipe(request.recipe, row), ...sitting.given };
    const recipe = resolveRecipe(given);
    const { test, ...data } = await loadData(recipe.data, recipe.dataDir, recipe.seed, recipe);
    const images = trainingImages(recipe, ownImages(data.train));
    // The tuner is left alone: it may take minutes, and the runs will ask it themselves.
    const backend = await openBackend(recipe.backend, { ...engineOptions(recipe), tune: false });
    const needed = await capacity(recipe, test, backend)
      .finally(() => backend.close());
    if (needed) gpuBytes = Math.max(gpuBytes ?? 0, needed.bytes);
    adapter = `${backend.name} (${backend.adapter})`;
    const own = cells.filter((plan) => plan.row === row);
    let found = await findMeasurement(out, own, images);
    if (found === undefined) {
      onMeasure(label);
      // A helper that is another cell's run may not be there yet; any takes as long.
      const measured = helper ? { ...given, helper: AUTO_HELPER } : given;
      found = await measureSteps(out, recipe, measured, backend.name === "wasm", sitting.signal);
    }
    const bytes = trained ? { kept: 0, peak: 0 } : bytesOf(recipe, found, images);
    peak = Math.max(peak, bytes.peak);
    const { evaluations } = request;
    const seconds = found.seconds ??
      secondsOf(recipe, found.speed!, trained ? 0 : images, test.n, evaluations);
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
  };
}

/** The estimate for people, a line for each row and one for all. */
export function describeEstimate(
  { rows, seconds, bytes, freeBytes, gpuBytes, adapter }: Estimate,
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
  ];
}
