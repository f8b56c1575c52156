/**
 * Square Attack's proposals in L2: a window's mass is reshaped by a pattern of two opposite bumps, and takes up the
 * mass of a second window (Andriushchenko et al. 2020, section 3.3 and algorithm 3).
 *
 * @module
 */
import type { ImageShape } from "../../data/dataset.ts";
import { clamp, lengthOf } from "./geometry.ts";
import { type Guess, placeWindow, type SquareDraws, squareSide } from "./square_window.ts";

/** Windows along each side of the first guess's grid. */
const GRID = 5;
const LEAST = 1e-12;

/** Bumps in a grid of windows over the image, of length ε together. */
export function firstGuessL2(
  x: Float32Array,
  shape: ImageShape,
  epsilon: number,
  draws: SquareDraws,
): Float32Array {
  const { height, width, channels } = shape;
  const side = Math.max(1, Math.floor(Math.min(height, width) / GRID));
  const delta = new Float64Array(x.length);
  for (const top of windowsAlong(height, side)) {
    for (const left of windowsAlong(width, side)) {
      const pattern = bumps(side, draws);
      for (let channel = 0; channel < channels; channel++) {
        const sign = draws.sign();
        const at = window(top, left, side, channel, shape);
        at.forEach((i, j) => delta[i]! += sign * pattern[j]!);
      }
    }
  }
  return atLength(x, delta, epsilon);
}

const squared = (value: number) => value * value;

/** Where windows of `side` begin that lie side by side, as many as there is room for, in the middle of `length` pixels. */
function windowsAlong(length: number, side: number): number[] {
  const count = Math.floor(length / side), margin = Math.floor((length - count * side) / 2);
  return Array.from({ length: count }, (_, i) => margin + i * side);
}

/** The next guess. */
export function nextGuessL2({ x, shape, epsilon, best, share, draws }: Guess): Float32Array {
  const { channels } = shape, side = oddSide(share, shape);
  const [top, left] = placeWindow(side, shape, draws);
  const [otherTop, otherLeft] = placeWindow(side, shape, draws);
  const delta = Float64Array.from(best, (value, i) => value - x[i]!);
  const unused = Math.max(squared(epsilon) - squared(lengthOf("l2", delta)), 0) / channels;
  const pattern = bumps(side, draws);
  const windows = Array.from({ length: channels }, (_, channel) => {
    const at = window(top, left, side, channel, shape);
    const other = window(otherTop, otherLeft, side, channel, shape);
    const old = at.map((i) => delta[i]!), sign = draws.sign();
    const mass = lengthOf("l2", [...new Set([...at, ...other])].map((i) => delta[i]!));
    const ofOld = LEAST + lengthOf("l2", old);
    const reshaped = old.map((value, j) => sign * pattern[j]! + value / ofOld);
    const scale = Math.sqrt(unused + squared(mass)) / (LEAST + lengthOf("l2", reshaped));
    return { at, other, values: reshaped.map((value) => scale * value) };
  });
  for (const { other } of windows) for (const i of other) delta[i] = 0;
  for (const { at, values } of windows) at.forEach((i, j) => delta[i] = values[j]!);
  return atLength(x, delta, epsilon);
}

/** An odd number of pixels, at least 3 where the image has them. */
function oddSide(share: number, shape: ImageShape): number {
  const side = Math.max(squareSide(share, shape), 3) | 1;
  const shortest = Math.min(shape.height, shape.width);
  return side <= shortest ? side : shortest - (shortest + 1) % 2;
}

/** Indices of a window's values in one channel, row by row. */
function window(
  top: number,
  left: number,
  side: number,
  channel: number,
  { width, channels }: ImageShape,
): number[] {
  return Array.from({ length: side * side }, (_, j) => {
    const row = top + Math.floor(j / side), column = left + j % side;
    return (row * width + column) * channels + channel;
  });
}

/** Two opposite bumps side by side, `side²` values of length 1, one above the other or, as often, next to it. */
function bumps(side: number, draws: SquareDraws): Float64Array {
  const half = Math.floor(side / 2);
  const upper = bump(half, side), lower = bump(side - half, side);
  const pattern = Float64Array.from([...upper, ...lower.map((value) => -value)]);
  const length = lengthOf("l2", pattern);
  const turned = draws.sign() > 0;
  return pattern.map((_, j) => {
    const source = turned ? (j % side) * side + Math.floor(j / side) : j;
    return pattern[source]! / length;
  });
}

/** Nested rectangles in `rows · columns` values, ring `k` adding `1/k²` from the middle outwards, of length 1. */
function bump(rows: number, columns: number): Float64Array {
  const values = new Float64Array(rows * columns);
  const middleRow = Math.floor(rows / 2), middleColumn = Math.floor(columns / 2);
  for (let ring = 0; ring <= Math.max(middleRow, middleColumn); ring++) {
    const within = (i: number, middle: number) => Math.abs(i - middle) <= ring;
    for (let j = 0; j < values.length; j++) {
      const row = Math.floor(j / columns), column = j % columns;
      if (within(row, middleRow) && within(column, middleColumn)) {
        values[j]! += 1 / squared(ring + 1);
      }
    }
  }
  const length = lengthOf("l2", values);
  return values.map((value) => value / length);
}

/** `x + epsilon · delta/‖delta‖`, clipped to [0,1]. */
function atLength(x: Float32Array, delta: Float64Array, epsilon: number): Float32Array {
  const scale = epsilon / (lengthOf("l2", delta) + LEAST);
  return x.map((value, i) => clamp(value + scale * delta[i]!, 0, 1));
}
