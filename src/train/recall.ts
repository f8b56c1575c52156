/**
 * Memory examples of a batch: `x''`, the adversarial example of the same training index from an earlier epoch.
 *
 * @module
 */
import { applyView } from "../data/augmentation.ts";
import { type Dataset, IMAGE_VALUES } from "../data/dataset.ts";
import type { DamagedExample, MemoryStore } from "../memory/store.ts";

/** The memory examples of a batch of `N` that has `M` of them. */
export interface Recollection {
  /** `M · 3072` values in [0,1]: `x''` as it was stored, under its own crop and flip. */
  readonly images: Float32Array;
  /** Which batch rows they belong to, ascending. */
  readonly rows: readonly number[];
}

/**
 * Reads the examples that `epoch` stored for the images `ids`: `x'' = clip_[0,1](view(x) + δ)`, with `δ` as its codec
 * gives it back. One that is damaged is left out when `onDamage` is there to be told, and thrown as a `RunError` otherwise.
 */
export async function recall(
  store: MemoryStore,
  epoch: number,
  dataset: Dataset,
  ids: Uint32Array,
  onDamage?: (damaged: DamagedExample) => void,
): Promise<Recollection> {
  const { present, views, deltas } = await store.read(epoch, ids, onDamage);
  const rows = [...present.keys()].filter((row) => present[row] === 1);
  const images = new Float32Array(rows.length * IMAGE_VALUES);
  rows.forEach((row, position) => {
    const offset = position * IMAGE_VALUES;
    applyView(dataset.images, ids[row]!, views[row]!, images, offset);
    for (let i = 0; i < IMAGE_VALUES; i++) {
      const value = images[offset + i]! + deltas[row * IMAGE_VALUES + i]!;
      images[offset + i] = Math.min(1, Math.max(0, value));
    }
  });
  return { images, rows };
}

/** The selection matrix `[M,N]` of `rows`, row-major, or undefined if all `n` rows are there. */
export function selectionMatrix(rows: readonly number[], n: number): Float32Array | undefined {
  if (rows.length === n) return undefined;
  const matrix = new Float32Array(rows.length * n);
  rows.forEach((row, position) => matrix[position * n + row] = 1);
  return matrix;
}
