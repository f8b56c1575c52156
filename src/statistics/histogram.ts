/**
 * How numbers between 0 and 1 are distributed.
 *
 * @module
 */

/** Equal parts of [0,1] that numbers are counted in. */
export const BINS = 20;

/** Numbers that were counted. */
export interface Histogram {
  /** Of all of them. */
  readonly sum: number;
  /** How many fell into each of the {@linkcode BINS} parts, the lowest first. */
  readonly counts: number[];
}

/** The histogram of nothing. */
export const EMPTY: Histogram = { sum: 0, counts: Array<number>(BINS).fill(0) };

/** `histogram` with `values` besides; those that rounding has put outside [0,1] are counted at its ends. */
export function withValues({ sum, counts }: Histogram, values: Float32Array): Histogram {
  const all = [...counts];
  let total = sum;
  for (const value of values) {
    all[Math.max(0, Math.min(BINS - 1, Math.floor(BINS * value)))]!++;
    total += value;
  }
  return { sum: total, counts: all };
}

/** The mean of everything that was counted; NaN if that is nothing. */
export function meanOf({ sum, counts }: Histogram): number {
  return sum / counts.reduce((n, count) => n + count, 0);
}
