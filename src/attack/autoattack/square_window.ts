/**
 * The windows of Square Attack: how large they are and where they lie.
 *
 * @module
 */
import { IMAGE_SIZE } from "../../data/dataset.ts";

/** The random choices of one query. */
export interface SquareDraws {
  /** −1 or 1. */
  sign(): number;
  /** Uniform in 0..n−1. */
  integer(n: number): number;
}

/** Side of a square that covers `share` of the image. */
export function squareSide(share: number): number {
  return Math.max(1, roundHalfToEven(Math.sqrt(share) * IMAGE_SIZE));
}

/** As Python rounds. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A place for a window of `side`; the published search never puts one at the far edge. */
export function windowStart(side: number, draws: SquareDraws): number {
  return draws.integer(Math.max(1, IMAGE_SIZE - side));
}
