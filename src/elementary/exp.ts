/**
 * The exponential function, with the same bits on every engine.
 *
 * @module
 */
import { LN2, rootsOfTwo, split } from "./fixed_point.ts";
import { powerOfTwo } from "./power_of_two.ts";

/** Powers of two in the table between 1 and 2. */
const STEPS = 64;
/** ln 2 / 64: any multiple of the head that is needed is exact. */
const [STEP_HEAD, STEP_REST] = split(LN2 / BigInt(STEPS), 42);
const STEPS_PER_UNIT = STEPS / 0.6931471805599453;

const HEADS = new Float64Array(STEPS), RESTS = new Float64Array(STEPS);
rootsOfTwo(STEPS).forEach((power, i) => [HEADS[i], RESTS[i]] = split(power, 52));

/** Above the first, `exp` overflows; below the second, it is under half the smallest number. */
const OVERFLOW = 709.782712893384;
const UNDERFLOW = -745.1332191019412;

/**
 * `e` to the power of `x`, within 0.52 units in the last place; below the normal numbers within 1.
 *
 * After Tang 1989: `x` is `k · ln 2 / 64 + r` with `|r|` up to `ln 2 / 128`; the series does `exp(r)`.
 */
export function exp(x: number): number {
  if (x > OVERFLOW) return Infinity;
  if (x < UNDERFLOW) return 0;
  if (x !== x) return NaN;
  const k = Math.round(x * STEPS_PER_UNIT);
  const r = (x - k * STEP_HEAD) - k * STEP_REST;
  const series = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))));
  const step = k & STEPS - 1, head = HEADS[step]!;
  const significand = head + (RESTS[step]! + head * series);
  // In two factors, of which only the second can round.
  const exponent = k >> 6, half = exponent >> 1;
  return significand * powerOfTwo(half) * powerOfTwo(exponent - half);
}
