/**
 * What a table will take: hours, disk and GPU memory, before it is begun.
 *
 * @module
 */
import { openBackend } from "../backend/open.ts";
import { loadData } from "../data/sets/sets.ts";
import { freeBytes } from "../disk/free_space.ts";
import { splitTraining, VALIDATION_SIZE } from "../data/split.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { engineOptions, resolveRecipe } from "../recipe/resolve.ts";
import { capacity } from "../train/preflight.ts";
import type { Sitting } from "./make_cell.ts";
import { findMeasurement, type Measurement, measureSteps } from "./measure.ts";
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

/** Passes forward and back, of the kind that an attack makes, that the step itself is worth. */
const STEP_PASSES = 4;
/** A pass forward alone, in passes forward and back. */
const FORWARD = 0.4;
/** What AutoAttack asks of an image that withstands it, in passes forward and back: the four members of `standard`. */
const AUTOATTACK_PASSES = 6000;
/** Images that are taken to withstand it; nobody knows before. */
const ROBUST_SHARE = 0.4;

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
    const { label, request } = plans[0]!;
    const given = { ...readRecipe(request.recipe, row), ...sitting.given };
    const recipe = resolveRecipe(given);
    const { test, ...data } = await loadData(recipe.data, recipe.dataDir, recipe.seed);
    const split = splitTraining(data.train.n, recipe.select === "val", recipe.limitTrain);
    const images = split.train.length;
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
      found = await measureSteps(out, recipe, given, backend.name === "wasm", sitting.signal);
    }
    const kept = (recipe.select === "none" ? 1 : 2) * found.checkpointBytes +
      images * found.memoryBytes;
    // While an epoch is written, there are one more checkpoint and one more generation of the memory.
    peak = Math.max(peak, found.checkpointBytes + images * found.memoryBytes);
    const seconds = found.seconds ?? secondsOf(recipe, plans[0]!, found, images, test.n);
    rows.push({ label, cells: plans.length, seconds, bytes: kept });
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

/** Seconds for one cell from the speed of its training. */
function secondsOf(
  recipe: Recipe,
  { request }: CellPlan,
  { speed }: Measurement,
  images: number,
  testImages: number,
): number {
  const step = 1 / speed!; // seconds for each image
  const pass = step / (STEP_PASSES + (recipe.attack?.steps ?? 0));
  const passes = (name: string) => {
    if (name === "clean") return FORWARD;
    if (name === "fgsm") return 1 + FORWARD;
    if (name === "autoattack") return ROBUST_SHARE * AUTOATTACK_PASSES;
    return Number(name.replace(/\D+/, "")) + FORWARD;
  };
  const selected = {
    none: 0,
    val: VALIDATION_SIZE,
    test: Math.min(testImages, recipe.limitTest ?? testImages),
  };
  const selection = selected[recipe.select] * (passes("clean") + passes("pgd20")) * pass;
  const evaluations = Object.entries(request.evaluations).map(([name, n]) =>
    Math.min(testImages, n === "all" ? testImages : n) * passes(name) * pass
  );
  return recipe.epochs * (images * step + selection) +
    evaluations.reduce((sum, each) => sum + each, 0);
}

const GIBIBYTE = 2 ** 30;

/** The estimate for people, a line for each row and one for all. */
export function describeEstimate(
  { rows, seconds, bytes, freeBytes, gpuBytes, adapter }: Estimate,
  out: string,
): string[] {
  const width = Math.max(0, ...rows.map(({ label }) => label.length));
  const gibibytes = (value: number) => `${(value / GIBIBYTE).toFixed(2)} GiB`;
  const gpu = gpuBytes === undefined ? "" : `, ${gibibytes(gpuBytes)} of GPU memory`;
  return [
    ...rows.map(({ label, cells, seconds: each }) =>
      `  ${label.padEnd(width)}  ${cells} × about ${hours(each)}`
    ),
    `In all about ${hours(seconds)} on ${adapter}, ${gibibytes(bytes)} of disk in ${out} ` +
    `(${gibibytes(freeBytes)} are free)${gpu}.`,
    ...bytes > freeBytes ? ["warning: that is more than the disk has left."] : [],
  ];
}

function hours(seconds: number): string {
  if (seconds >= 5400) return `${(seconds / 3600).toFixed(1)} hours`;
  return seconds <= 60 ? "a minute" : `${Math.ceil(seconds / 60)} minutes`;
}
