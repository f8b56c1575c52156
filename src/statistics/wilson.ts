/**
 * Wilson's score interval: how well one accuracy on so many images is known.
 *
 * @module
 */
import type { Interval } from "./interval.ts";

/** The standard normal's quantile at 0.975. */
const Z = 1.959963984540054;

/**
 * The 95 % interval of a share of which `correct` of `n` were counted; it keeps within [0,1] and has a width even where
 * all or none are correct.
 *
 * @param n over 0
 * @example
 * ```ts
 * import { wilsonInterval } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const { low, high } = wilsonInterval(254, 500);
 * assert.deepEqual([low.toFixed(4), high.toFixed(4)], ["0.4643", "0.5516"]);
 * ```
 */
export function wilsonInterval(correct: number, n: number): Interval {
  const share = correct / n, z2 = Z * Z / n;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = Z / (1 + z2) * Math.sqrt(share * (1 - share) / n + z2 / (4 * n));
  return {
    low: correct === 0 ? 0 : centre - half,
    high: correct === n ? 1 : centre + half,
  };
}
