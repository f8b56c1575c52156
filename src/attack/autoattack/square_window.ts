/**
 * The windows of Square Attack: how large they are and where they lie.
 *
 * @module
 */
import type { ImageShape } from "../../data/dataset.ts";

/** The random choices of one query. */
export interface SquareDraws {
  /** −1 or 1. */
  sign(): number;
  /** Uniform in 0..n−1. */
  integer(n: number): number;
}

/** What a guess is made of. */
export interface Guess {
  /** The clean image. */
  readonly x: Float32Array;
  readonly shape: ImageShape;
  readonly epsilon: number;
  /** The best image so far, which the guess changes. */
  readonly best: Float32Array;
  /** Share of the image that the window covers. */
  readonly share: number;
  readonly draws: SquareDraws;
}

/** Side of a square that covers `share` of the image, as far as the image's shorter side allows. */
export function squareSide(share: number, { height, width }: ImageShape): number {
  const side = Math.max(1, roundHalfToEven(Math.sqrt(share * height * width)));
  return Math.min(side, height, width);
}

/** As Python rounds. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The top and the left of a window of `side`; the published search never puts one at the far edges. */
export function placeWindow(
  side: number,
  { height, width }: ImageShape,
  draws: SquareDraws,
): readonly [top: number, left: number] {
  const top = draws.integer(Math.max(1, height - side));
  return [top, draws.integer(Math.max(1, width - side))];
}
