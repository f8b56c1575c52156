/**
 * Square Attack (Andriushchenko et al. 2020, arXiv 1912.00049): random search with square changes, scores only.
 *
 * @module
 */
import type { ImageShape } from "../../data/dataset.ts";
import { clamp } from "./geometry.ts";
import type { AttackNorm } from "../options.ts";
import { predictedClass } from "../../model/predicted_class.ts";
import type { Example, Outcome, Search } from "./search.ts";
import { firstGuessL2, nextGuessL2 } from "./square_l2.ts";
import { type Guess, placeWindow, type SquareDraws, squareSide } from "./square_window.ts";

/** Bounds and effort. */
export interface SquareOptions {
  readonly norm: AttackNorm;
  readonly epsilon: number;
  /** Queries, the first guess included. */
  readonly queries: number;
  /** The draws of query `number`, from 0. */
  readonly draws: (number: number) => SquareDraws;
}

/** Share of the image that the first squares cover, and the queries after which it halves. */
const FIRST_SHARE = 0.8;
const HALVED_AFTER = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000] as const;

/** The square's share of the image at query `number`; not rescaled to the budget. */
function squareShare(number: number): number {
  return FIRST_SHARE / (1 << HALVED_AFTER.filter((after) => number > after).length);
}

/** Where a search stands: about to ask for its guess `number`, which follows from the rest. */
export type SquareState = {
  number: number;
  /** The guess of the least margin, and that; before the first answer the first guess. */
  best: Float32Array;
  least: number;
};

/** A search's state before its first guess. */
export function beginSquare(
  { x, shape }: Example,
  { norm, epsilon, draws }: SquareOptions,
): SquareState {
  const first = norm === "linf" ? stripes : firstGuessL2;
  return { number: 0, best: first(x, shape, epsilon, draws(0)), least: Infinity };
}

/** Lowers the margin `z_y − max_{c≠y} z_c` until the image is misclassified or the queries are used up. */
export function* square(
  { x, shape, label }: Example,
  { norm, epsilon, queries, draws }: SquareOptions,
  at: SquareState,
): Search<Outcome> {
  const next = norm === "linf" ? nextGuessLinf : nextGuessL2;
  for (; at.number < queries; at.number++) {
    const { number, best } = at;
    const guess = number > 0
      ? next({ x, shape, epsilon, best, share: squareShare(number), draws: draws(number) })
      : best;
    const { logits } = yield { point: guess };
    const margin = marginOf(logits, label);
    if (predictedClass(logits) !== label) return guess;
    if (margin < at.least) {
      at.least = margin;
      at.best = guess;
    }
    if (margin <= 0) return undefined; // a tie that is still classified correctly: the published search rests here
  }
  return undefined;
}

function marginOf(logits: Float32Array, label: number): number {
  let other = -Infinity;
  logits.forEach((value, c) => other = c === label ? other : Math.max(other, value));
  return Math.fround(logits[label]! - other);
}

/** Vertical stripes of ±ε, one pixel wide, a sign for each column and channel. */
function stripes(
  x: Float32Array,
  { width, channels }: ImageShape,
  epsilon: number,
  draws: SquareDraws,
): Float32Array {
  const signs = Array.from({ length: channels * width }, () => draws.sign());
  return x.map((value, i) => {
    const channel = i % channels, column = Math.floor(i / channels) % width;
    return clamp(value + epsilon * signs[channel * width + column]!, 0, 1);
  });
}

/** Adds ±2ε in one square, a sign for each channel, and goes back into the ball: the square is then at ±ε. */
function nextGuessLinf({ x, shape, epsilon, best, share, draws }: Guess): Float32Array {
  const { width, channels } = shape;
  const side = squareSide(share, shape);
  const [top, left] = placeWindow(side, shape, draws);
  const changes = Array.from({ length: channels }, () => 2 * epsilon * draws.sign());
  const guess = best.slice();
  for (let row = top; row < top + side; row++) {
    for (let column = left; column < left + side; column++) {
      for (let channel = 0; channel < channels; channel++) {
        const i = (row * width + column) * channels + channel;
        const changed = best[i]! + changes[channel]!;
        guess[i] = clamp(clamp(changed, x[i]! - epsilon, x[i]! + epsilon), 0, 1);
      }
    }
  }
  return guess;
}
