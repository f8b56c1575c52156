/**
 * The natural logarithm, with the same bits on every engine.
 *
 * @module
 */
import { LN2, logarithmsBelow, split } from "./fixed_point.ts";
import { powerOfTwo } from "./power_of_two.ts";
import { upperHalf } from "./upper_half.ts";

/** Of logarithms in the table: a sum with any multiple of the head of ln 2 is exact. */
const HEAD_BITS = 42;
const [LN2_HEAD, LN2_REST] = split(LN2, HEAD_BITS);

/** Significands have a row for each of their first seven bits. */
const ROWS = 128;
const FACTORS = new Float64Array(ROWS), HEADS = new Float64Array(ROWS);
const RESTS = new Float64Array(ROWS);
/** From this row on, 1.414 and more, a number is taken for half of it, and its exponent for one more. */
const UPPER = 53;

// A row's factor is near the reciprocal of its significands m in [1,2) and has nine bits, so that m·factor - 1 is exact.
// At both ends of [1,2) it is a power of two: there the logarithm comes from the series alone.
{
  const logs = logarithmsBelow(8);
  for (let row = 0; row < ROWS; row++) {
    const nearest = Math.round(256 / (1 + (row + 0.5) / ROWS));
    const factor = row === 0 ? 256 : row === ROWS - 1 ? 128 : nearest;
    FACTORS[row] = factor / 256;
    const logarithm = logs[256 - factor]! - (row < UPPER ? 0n : LN2);
    [HEADS[row], RESTS[row]] = split(logarithm, HEAD_BITS);
  }
}

/** What {@linkcode log} looks up, for a kernel that does the same. */
export const LOG_TABLES = {
  factors: FACTORS,
  heads: HEADS,
  rests: RESTS,
  ln2: [LN2_HEAD, LN2_REST] as const,
};

const NUMBER = new Float64Array(1), WORDS = new Uint32Array(NUMBER.buffer);
/** Turns subnormal numbers into normal ones. */
const LIFT_BITS = 54;
const SMALLEST_NORMAL = powerOfTwo(-1022);

/**
 * The natural logarithm of `x`, within 0.51 units in the last place: `-Infinity` of 0, `NaN` of what is negative.
 *
 * After Tang 1990: a table takes `x` to `2^e · (1 + r)/factor` with `|r| < 2^-7`, the series of `log(1 + r)` does the rest.
 */
export function log(x: number): number {
  if (x >= SMALLEST_NORMAL && x < Infinity) return logOfNormal(x, 0);
  if (x > 0 && x < Infinity) return logOfNormal(x * powerOfTwo(LIFT_BITS), LIFT_BITS);
  return x === 0 ? -Infinity : x > 0 ? x : NaN;
}

/** The logarithm of `x · 2^-lifted`, for a normal `x` over 0. */
function logOfNormal(x: number, lifted: number): number {
  NUMBER[0] = x;
  const high = WORDS[1]!, row = high >>> 13 & ROWS - 1, factor = FACTORS[row]!;
  const exponent = (high >>> 20) - 1023;
  const m = x * powerOfTwo(-exponent), mHead = upperHalf(m);
  const r = (mHead * factor - 1) + (m - mHead) * factor; // exact
  const doublings = exponent - lifted + (row < UPPER ? 0 : 1);
  const head = doublings * LN2_HEAD + HEADS[row]!; // exact
  const sum = head + r, lost = r - (sum - head), square = r * r;
  const tail = (-1 / 2 + r * (1 / 3)) + square * ((-1 / 4 + r * (1 / 5)) +
        square * ((-1 / 6 + r * (1 / 7)) + square * (-1 / 8)));
  return sum + (square * tail + (lost + (doublings * LN2_REST + RESTS[row]!)));
}
