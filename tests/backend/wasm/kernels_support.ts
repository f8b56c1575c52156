/**
 * Random shapes and values for the CPU engine's kernels, and convolutions in float64.
 *
 * @module
 */
import fc from "fast-check";
import { Purpose, Stream } from "../../../src/random/stream.ts";

/** A 3×3 convolution of stride 1, padded by 1. */
export interface Shape {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly ci: number;
  readonly co: number;
}

/** Odd sizes, a batch of one, channel counts that are no multiple of anything. */
export const anyShape: fc.Arbitrary<Shape> = fc.record({
  n: fc.integer({ min: 1, max: 5 }),
  h: fc.integer({ min: 1, max: 13 }),
  w: fc.integer({ min: 1, max: 13 }),
  ci: fc.integer({ min: 1, max: 19 }),
  co: fc.integer({ min: 1, max: 19 }),
});

/** `length` standard-normal values. */
export function normals(length: number, seed: number): Float32Array {
  const stream = new Stream(seed, Purpose.synthetic);
  return Float32Array.from({ length }, () => stream.normal());
}

/** Calls `visit` with the indices of input pixel, filter tap and output pixel of every product of the convolution. */
export function products(
  { n, h, w }: Shape,
  visit: (input: number, tap: number, output: number) => void,
): void {
  for (let output = 0; output < n * h * w; output++) {
    const column = output % w, row = Math.floor(output / w) % h;
    for (let tap = 0; tap < 9; tap++) {
      const y = row + Math.floor(tap / 3) - 1, x = column + tap % 3 - 1;
      if (y < 0 || y >= h || x < 0 || x >= w) continue;
      visit(output + (y - row) * w + x - column, tap, output);
    }
  }
}

/** `value` rounded up to a multiple of `multiple`. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
