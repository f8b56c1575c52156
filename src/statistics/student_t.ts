/**
 * Student's t distribution with a whole number of degrees of freedom, and the paired t interval made of it.
 *
 * @module
 */
import { CONFIDENCE, type Interval } from "./interval.ts";
import { mean, sampleDeviation } from "./moments.ts";

/** Far above the roundings of accuracies, and far below the share of one image in a million. */
const ROUNDING = 1e-9;

/**
 * The 95 % interval of the mean that `differences` are drawn from, one for each pair of runs; undefined if there are
 * fewer than two, or all are the same: these say nothing about how far another one would lie.
 *
 * @example
 * ```ts
 * import { tInterval } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const { low, high } = tInterval([0.011, 0.007, 0.012])!;
 * assert.deepEqual([low.toFixed(4), high.toFixed(4)], ["0.0034", "0.0166"]);
 * ```
 */
export function tInterval(differences: readonly number[]): Interval | undefined {
  const deviation = sampleDeviation(differences);
  const largest = Math.max(...differences.map(Math.abs));
  // Equal differences of counts are the same number but for their roundings.
  if (deviation === undefined || deviation <= ROUNDING * largest) return undefined;
  const n = differences.length, centre = mean(differences);
  const half = twoSidedQuantile(CONFIDENCE, n - 1) * deviation / Math.sqrt(n);
  return { low: centre - half, high: centre + half };
}

/**
 * The `t` for which |T| is below it with probability `share`.
 *
 * @param share in (0,1)
 * @param freedom degrees of freedom, a whole number from 1
 */
export function twoSidedQuantile(share: number, freedom: number): number {
  // By halves, in the angle whose tangent is t/√freedom: it is bounded, and the share grows with it.
  let low = 0, high = Math.PI / 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return Math.sqrt(freedom) * Math.tan(middle);
    if (shareWithin(middle, freedom) < share) low = middle;
    else high = middle;
  }
}

/** P(|T| < √freedom · tan angle): Abramowitz and Stegun's finite sums, 26.7.3 and 26.7.4. */
function shareWithin(angle: number, freedom: number): number {
  const cosine = Math.cos(angle), sine = Math.sin(angle);
  const odd = freedom % 2 === 1;
  let term = odd ? cosine : 1, sum = 0;
  for (let power = odd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term;
    term *= cosine * cosine * (power + 1) / (power + 2);
  }
  return odd ? 2 / Math.PI * (angle + sine * sum) : sine * sum;
}
