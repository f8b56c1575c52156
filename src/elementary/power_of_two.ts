/**
 * Powers of two, exactly: what `**` and `Math.log2` give is the engine's own.
 *
 * @module
 */

const LEAST = -1074, MOST = 1023;
const POWERS = new Float64Array(MOST - LEAST + 1);
POWERS[-LEAST] = 1;
for (let i = 1; i <= MOST; i++) POWERS[i - LEAST] = 2 * POWERS[i - LEAST - 1]!;
for (let i = -1; i >= LEAST; i--) POWERS[i - LEAST] = POWERS[i - LEAST + 1]! / 2;

/** 2 to the power of an integer in -1074..1023. */
export function powerOfTwo(exponent: number): number {
  return POWERS[exponent - LEAST]!;
}

/** The least power of two, from 1 on, that is `least` or more. */
export function powerOfTwoFrom(least: number): number {
  let power = 1;
  while (power < least) power *= 2;
  return power;
}
