/**
 * McNemar's exact test: whether two classifiers that saw the same images are equally accurate.
 *
 * @module
 */

/** On how many images just one of two classifiers is right, and how surprising that is. */
export interface McNemar {
  /** Images that only the first classifies correctly. */
  readonly onlyFirst: number;
  /** Images that only the second classifies correctly. */
  readonly onlySecond: number;
  /** Two-sided p-value of "equally accurate", in (0,1]; 1 where they never disagree. */
  readonly p: number;
}

/**
 * Compares two classifiers image by image.
 *
 * @param first whether each image was classified correctly: `1` or `0`; `second` likewise, of the same images
 * @example
 * ```ts
 * import { mcNemar } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * assert.deepEqual(mcNemar("111100", "110001"), { onlyFirst: 2, onlySecond: 1, p: 1 });
 * ```
 */
export function mcNemar(first: string, second: string): McNemar {
  let onlyFirst = 0, onlySecond = 0;
  for (let i = 0; i < first.length; i++) {
    if (first[i] === second[i]) continue;
    if (first[i] === "1") onlyFirst++;
    else onlySecond++;
  }
  return { onlyFirst, onlySecond, p: twoSided(onlyFirst, onlySecond) };
}

/** Twice the probability that a fair coin, thrown as often as the two disagree, falls so seldom on one side. */
function twoSided(a: number, b: number): number {
  const n = a + b;
  // Terms as logarithms: 2^-n is below the smallest number from n = 1075 on.
  let term = -n * Math.LN2, tail = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    tail += Math.exp(term);
    term += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
