/**
 * The first step of an exact product (Dekker 1971).
 *
 * @module
 */

const SPLITTER = 0x8000001; // 2^27 + 1

/** `x` rounded to 26 bits: the product of two such numbers is exact, and so is what is left of `x`. */
export function upperHalf(x: number): number {
  const scaled = SPLITTER * x;
  return scaled - (scaled - x);
}
