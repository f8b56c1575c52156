/**
 * Sine and cosine of parts of a turn, with the same bits on every engine.
 *
 * Measured in turns, an angle of any size is brought between -1/8 and 1/8 without rounding.
 *
 * @module
 */
import { split, TURN, turnTable } from "./fixed_point.ts";
import { upperHalf } from "./upper_half.ts";

/** The table has a row for each 128th of a turn, from -1/8 to 1/8. */
const ROWS = 128, LAST = 16;
/** Two numbers of these many bits have an exact product. */
const HEAD_BITS = 26;
const SINES = new Float64Array(4 * LAST + 2), COSINES = new Float64Array(4 * LAST + 2);
turnTable(ROWS, LAST).forEach(({ sine, cosine }, row) => {
  for (const sign of [-1, 1]) {
    const at = 2 * (LAST + sign * row);
    [SINES[at], SINES[at + 1]] = split(BigInt(sign) * sine, HEAD_BITS);
    [COSINES[at], COSINES[at + 1]] = split(cosine, HEAD_BITS);
  }
});
const [TURN_HEAD, TURN_REST] = split(TURN, HEAD_BITS - 3);

/** What {@linkcode sinCosOfTurn} looks up, for a kernel that does the same. */
export const TURN_TABLES = {
  sines: SINES,
  cosines: COSINES,
  turn: [TURN_HEAD, TURN_REST] as const,
};

/**
 * Writes sine and cosine of `turns` · 2π to `out`, within 0.51 units in the last place each: `NaN` of what is not finite.
 * A zero is never negative.
 */
export function sinCosOfTurn(turns: number, out: Float64Array): void {
  const within = turns > -1 && turns < 1 ? turns : turns % 1;
  const quarters = Math.round(within * 4);
  const f = within - quarters / 4; // exact
  const row = Math.round(f * ROWS), g = f - row / ROWS, at = 2 * (LAST + row);
  // The angle beyond the row's is head + rest, of at most 26 bits and with few left to lose.
  const gHead = upperHalf(g), product = gHead * TURN_HEAD;
  const head = upperHalf(product);
  const rest = (product - head) + (gHead * TURN_REST + (g - gHead) * (TURN_HEAD + TURN_REST));
  const angle = head + rest, square = angle * angle;
  const sineLess = square * angle * (-1 / 6 + square * (1 / 120 + square * (-1 / 5040)));
  const cosineLess = square *
    (-1 / 2 + square * (1 / 24 + square * (-1 / 720 + square * (1 / 40320))));
  // sin(a + b) and cos(a + b), with the largest products exact.
  const s = SINES[at]!, sRest = SINES[at + 1]!, sWhole = s + sRest;
  const c = COSINES[at]!, cRest = COSINES[at + 1]!, cWhole = c + cRest;
  const sSum = s + c * head, sLost = c * head - (sSum - s);
  const sine = sSum + (sLost + (sRest + (c * rest + cRest * angle) +
    (cWhole * sineLess + sWhole * cosineLess)));
  const cSum = c - s * head, cLost = -s * head - (cSum - c);
  const cosine = cSum + (cLost + (cRest - (s * rest + sRest * angle) +
    (cWhole * cosineLess - sWhole * sineLess)));
  // Each quarter turn takes the pair (sine, cosine) to (cosine, -sine). No branches: the angles of noise are random.
  const odd = quarters & 1;
  out[odd] = sine * (1 - (quarters + odd & 2)) + 0;
  out[1 - odd] = cosine * (1 - (quarters & 2)) + 0;
}

/** The cosine of `turns` · 2π, as {@linkcode sinCosOfTurn} has it. */
export function cosOfTurn(turns: number): number {
  sinCosOfTurn(turns, PAIR);
  return PAIR[1]!;
}

const PAIR = new Float64Array(2);
