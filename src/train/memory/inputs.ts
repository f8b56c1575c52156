/**
 * Memory examples of a batch: `x''`, the adversarial example of the same training index from an earlier epoch.
 *
 * @module
 */
import { applyView, intoView, type View } from "../../data/augmentation.ts";
import { type Dataset, valuesPerImage } from "../../data/dataset.ts";
import type { MemoryBatch } from "../../memory/store.ts";

/** The memory examples of a batch of `N` that has `M` of them. */
export interface MemoryInputs {
  /** M images with values in [0,1], NHWC: `x''`. */
  readonly images: Float32Array;
  /** Which batch rows they belong to, ascending. */
  readonly rows: readonly number[];
}

/**
 * `x'' = clip_[0,1](view(x) + δ)` for what `memory` has of the images `ids`, with `δ` as its codec gives it back.
 *
 * @param views N views to show the images and their perturbations under, which are in the frame of the image then;
 *   without them every example is shown under its own
 */
export function makeMemoryInputs(
  memory: MemoryBatch,
  dataset: Dataset,
  ids: Uint32Array,
  views?: readonly View[],
): MemoryInputs {
  const { present, deltas } = memory;
  const rows = [...present.keys()].filter((row) => present[row] === 1);
  const { shape } = dataset, values = valuesPerImage(shape);
  const images = new Float32Array(rows.length * values);
  rows.forEach((row, position) => {
    const offset = position * values;
    const stored = deltas.subarray(row * values, (row + 1) * values);
    applyView(dataset, ids[row]!, (views ?? memory.views)[row]!, images, offset);
    const delta = views ? intoView(stored, views[row]!, shape) : stored;
    for (let i = 0; i < values; i++) {
      images[offset + i] = Math.min(1, Math.max(0, images[offset + i]! + delta[i]!));
    }
  });
  return { images, rows };
}

/** Those of `inputs` that belong to the batch rows `first` to `end` (exclusive), which count from 0 then. */
export function sliceMemory(
  { images, rows }: MemoryInputs,
  first: number,
  end: number,
): MemoryInputs {
  const values = images.length / rows.length;
  const from = rows.filter((row) => row < first).length;
  const own = rows.filter((row) => row >= first && row < end);
  return {
    images: images.subarray(from * values, (from + own.length) * values),
    rows: own.map((row) => row - first),
  };
}

/** The selection matrix `[M,N]` of `rows`, row-major, or undefined if all `n` rows are there. */
export function selectionMatrix(rows: readonly number[], n: number): Float32Array | undefined {
  if (rows.length === n) return undefined;
  const matrix = new Float32Array(rows.length * n);
  rows.forEach((row, position) => matrix[position * n + row] = 1);
  return matrix;
}
