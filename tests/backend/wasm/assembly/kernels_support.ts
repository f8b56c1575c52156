/**
 * Random shapes and values for the CPU engine's kernels, and convolutions in float64.
 *
 * @module
 */
import fc from "fast-check";
import { Purpose, Stream } from "../../../../src/random/stream.ts";

/** A 3×3 convolution of images [n,h,w,ci], padded by 1. */
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

/** Pixels of the result of a convolution with `stride`. */
export function outputPixels({ n, h, w }: Shape, stride: 1 | 2): number {
  return n * Math.ceil(h / stride) * Math.ceil(w / stride);
}

/** Calls `visit` with the indices of input pixel, filter tap and output pixel of every product of the convolution. */
export function products(
  shape: Shape,
  stride: 1 | 2,
  visit: (input: number, tap: number, output: number) => void,
): void {
  const { h, w } = shape;
  const high = Math.ceil(h / stride), wide = Math.ceil(w / stride);
  for (let output = 0; output < outputPixels(shape, stride); output++) {
    const column = output % wide, row = Math.floor(output / wide) % high;
    const image = Math.floor(output / (wide * high));
    for (let tap = 0; tap < 9; tap++) {
      const y = stride * row + Math.floor(tap / 3) - 1, x = stride * column + tap % 3 - 1;
      if (y < 0 || y >= h || x < 0 || x >= w) continue;
      visit((image * h + y) * w + x, tap, output);
    }
  }
}

/** `value` rounded up to a multiple of `multiple`. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
