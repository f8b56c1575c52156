/**
 * How results are cut into slices for the threads. No cut changes a bit of any result.
 *
 * @module
 */
import type { ConvolutionShape } from "../../operations/convolution_shape.ts";
import { type Phase, phase, type Word } from "../phases.ts";

/** Columns of packed filters. */
export const PANEL = 8;
/** Tiles of 4×4 results in a slice: the Winograd kernel's block. */
const SLICE_TILES = 48;
/** Slices per thread where columns are cut too, so that the threads end together. */
export const SLICES_PER_THREAD = 3;
/** Slices get smaller, and read the filter more often, to cut the busiest thread's share to less than this. */
const NOTABLE = 0.95;
/** Packed filters over this size are not read by every thread if that can be helped. */
const LARGE_FILTER_BYTES = 4 << 20;

/** Channels of a 3×3 convolution, at most: a thread's scratch has to hold the tiles of a block. */
export const MOST_CHANNELS = 4_096;
/** Terms of the direct products' sums, at most: of four pixels, a thread's scratch has to hold all. */
export const MOST_TERMS = 1 << 18;
/** Columns of the direct filter gradient, at most: its scratch holds 256 rows of them. */
export const MOST_COLUMNS = 1 << 12;

/** The next multiple of `multiple` that is not below `value`. */
export const roundUp = (value: number, multiple: number): number =>
  Math.ceil(value / multiple) * multiple;

/** What a slice is, and how many there are. */
export interface Slicing {
  readonly examples: number;
  readonly panels: number;
  readonly slices: number;
  /** Whether a slice is all of its examples' channels. */
  readonly whole: boolean;
}

/**
 * How to cut a result of `columns` channels: by examples, in equal shares for the threads, and by columns too where
 * the batch has too few tiles for all threads and the filter is large. Layers whose results are of one size are cut
 * alike, so that they can be fused.
 */
export function cut(
  { batch, height, width, stride }: Pick<ConvolutionShape, "batch" | "height" | "width" | "stride">,
  columns: number,
  filterBytes: number,
  threads: number,
): Slicing {
  const panels = Math.ceil(columns / PANEL);
  const tiles = Math.ceil(height / (4 * stride)) * Math.ceil(width / (4 * stride));
  const wanted = Math.ceil(batch / Math.max(1, Math.floor(SLICE_TILES / tiles)));
  const byColumns = wanted < threads && filterBytes > LARGE_FILTER_BYTES;
  const most = Math.ceil(batch / (byColumns ? wanted : roundUp(wanted, threads)));
  const examples = byColumns ? most : evenShare(batch, most, threads);
  const groups = Math.ceil(batch / examples);
  const cuts = byColumns ? Math.ceil(threads * SLICES_PER_THREAD / groups) : 1;
  const perSlice = Math.ceil(panels / Math.min(panels, cuts));
  const slices = groups * Math.ceil(panels / perSlice);
  return { examples, panels: perSlice, slices, whole: perSlice === panels };
}

/** Examples per slice, `most` or down to half: fewer where that leaves the busiest thread notably fewer in all. */
function evenShare(batch: number, most: number, threads: number): number {
  const busiest = (examples: number) =>
    Math.min(batch, examples * Math.ceil(Math.ceil(batch / examples) / threads));
  let best = most;
  for (let examples = most - 1; 2 * examples >= most; examples--) {
    if (busiest(examples) < NOTABLE * busiest(best)) best = examples;
  }
  return best;
}

/** The phase of a convolution kernel; the cut's words are the last. */
export function cutPhase(kernel: string, words: readonly Word[], slicing: Slicing): Phase {
  const { examples, panels, slices, whole } = slicing;
  const made = phase(slices, kernel, [...words, examples, panels]);
  return whole ? { ...made, examples } : made;
}
