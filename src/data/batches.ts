/**
 * Batches: which images an epoch visits, in what order, and under which view.
 *
 * @module
 */
import { Purpose, Stream } from "../random/stream.ts";
import { applyView, drawView, IDENTITY_VIEW, type View } from "./augmentation.ts";
import { type Dataset, type ImageShape, valuesPerImage } from "./dataset.ts";

/** Some images, ready for the device. */
export interface Batch {
  /** Index of each image in its data set. */
  readonly ids: Uint32Array;
  /** How each was cropped and flipped. */
  readonly views: readonly View[];
  /** What its images have in common. */
  readonly shape: ImageShape;
  /** `N · height · width · channels` values in [0,1], NHWC. */
  readonly x: Float32Array;
  /** `N` labels. */
  readonly y: Uint8Array;
}

/**
 * The images `ids` of `dataset`, image `i` under `viewOf(i)`.
 *
 * @example
 * ```ts
 * import { loadBatch, loadSplit } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const test = await loadSplit("synthetic", "test", undefined, 1);
 * const { x, y } = loadBatch(test, Uint32Array.of(0, 11));
 * assert.equal(x.length, 2 * 32 * 32 * 3);
 * assert.deepEqual([...y], [test.labels[0], test.labels[11]]);
 * ```
 */
export function loadBatch(
  dataset: Dataset,
  ids: Uint32Array,
  viewOf: (id: number) => View = () => IDENTITY_VIEW,
): Batch {
  const { shape } = dataset, values = valuesPerImage(shape);
  const x = new Float32Array(ids.length * values);
  const views: View[] = [];
  ids.forEach((id, row) => {
    const view = viewOf(id);
    views.push(view);
    applyView(dataset, id, view, x, row * values);
  });
  return { ids, views, shape, x, y: Uint8Array.from(ids, (id) => dataset.labels[id]!) };
}

/** The images `first` to `end` (exclusive) of `batch`. */
export function sliceBatch({ ids, views, shape, x, y }: Batch, first: number, end: number): Batch {
  const values = valuesPerImage(shape);
  return {
    ids: ids.subarray(first, end),
    views: views.slice(first, end),
    shape,
    x: x.subarray(first * values, end * values),
    y: y.subarray(first, end),
  };
}

/** The order in which `epoch` (from 1) visits the images `ids`: a permutation keyed by (seed, epoch). */
export function epochOrder(ids: Uint32Array, seed: number, epoch: number): Uint32Array {
  return new Stream(seed, Purpose.shuffle, epoch).permutation(ids.length)
    .map((position) => ids[position]!);
}

/** What a batch of training is drawn by. */
export interface TrainingBatchOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** From 1. */
  readonly epoch: number;
  /** As in {@linkcode drawView}. */
  readonly cropPadding?: number;
  /** Whether no image is flipped. */
  readonly noFlip?: boolean;
  /** Pixels of each side of the square that is blanked, see `cutout.ts`; none unless given. */
  readonly cutout?: number;
}

/** Batch `step` (from 0) of an epoch's `order`, augmented as {@linkcode drawView} does; the last one may be smaller. */
export function trainingBatch(
  dataset: Dataset,
  order: Uint32Array,
  step: number,
  { batchSize, seed, epoch, cropPadding, noFlip, cutout: size }: TrainingBatchOptions,
): Batch {
  const ids = order.slice(step * batchSize, (step + 1) * batchSize);
  const cutout = size === undefined ? undefined : { size, shape: dataset.shape };
  return loadBatch(dataset, ids, (id) => drawView(seed, epoch, id, cropPadding, !noFlip, cutout));
}

/** The indices 0..n-1, at most `limit` of them. */
export function firstIndices(n: number, limit: number | undefined): Uint32Array {
  return Uint32Array.from({ length: Math.min(n, limit ?? n) }, (_, index) => index);
}
