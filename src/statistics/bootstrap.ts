/**
 * The bootstrap over test images: how far a difference between two methods would move with another test set.
 *
 * @module
 */
import { Purpose, Stream } from "../random/stream.ts";
import type { Interval } from "./interval.ts";

/** Test sets that are drawn, with replacement, from the one there is. */
const RESAMPLES = 2000;

/**
 * The 95 % percentile intervals of the means of `differences`, each of which has one value for every image of the same
 * test set. All see the same resampled test sets.
 *
 * @example
 * ```ts
 * import { bootstrapIntervals } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const [interval] = bootstrapIntervals([[1, 0, 0, -1, 1, 1, 0, 1]], 1);
 * assert.ok(interval!.low < 3 / 8 && 3 / 8 < interval!.high);
 * ```
 *
 * @param differences what the first method scores on an image, less what the second scores there, in [-1,1]
 * @param seed of the resampling
 */
export function bootstrapIntervals(
  differences: readonly ArrayLike<number>[],
  seed: number,
): Interval[] {
  const n = differences[0]?.length ?? 0;
  const means = differences.map(() => new Float64Array(RESAMPLES));
  const drawn = new Uint32Array(n);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const stream = new Stream(seed, Purpose.bootstrap, resample);
    for (let i = 0; i < n; i++) drawn[i] = stream.integer(n);
    differences.forEach((values, index) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += values[drawn[i]!]!;
      means[index]![resample] = sum / n;
    });
  }
  return means.map((values) => {
    values.sort();
    return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
  });
}

/** The quantile of ascending values at `share`, between the two nearest. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1), below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
