/**
 * Reference values of `make_elementary.py`, and the distance from them.
 *
 * @module
 */
import { jsonFixture } from "../testing/fixture.ts";

/** Arguments with the float64 nearest to the exact value; of a turn sine and cosine. */
export const REFERENCE = jsonFixture("elementary") as {
  readonly log: readonly (readonly [x: number, value: number])[];
  readonly exp: readonly (readonly [x: number, value: number])[];
  readonly turn: readonly (readonly [turns: number, sine: number, cosine: number])[];
};

const NUMBER = new Float64Array(1), BITS = new BigInt64Array(NUMBER.buffer);

/** Numbers in order of size, consecutive ones one apart. */
function ordinal(x: number): bigint {
  NUMBER[0] = x;
  return BITS[0]! < 0n ? -(BITS[0]! & 0x7fffffffffffffffn) : BITS[0]!;
}

/** How many float64 numbers `a` is from `b`. */
export function apart(a: number, b: number): number {
  const distance = ordinal(a) - ordinal(b);
  return Number(distance < 0n ? -distance : distance);
}

/** The float64 after `x`. */
export function after(x: number): number {
  NUMBER[0] = x;
  BITS[0]! += x < 0 ? -1n : 1n;
  return NUMBER[0]!;
}
