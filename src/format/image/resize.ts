/**
 * Makes pictures smaller or larger as Pillow's `resize(…, Image.BILINEAR)` does, bit by bit: a triangle as wide as the scale
 * needs, its weights rounded to 22 bits, first along rows, then along columns.
 *
 * @module
 */
import type { Bitmap } from "./bitmap.ts";

const COLOURS = 3;
/** Bits of a weight behind the point. */
const PRECISION = 22;

/** Weights of the source's samples for one of the target. */
interface Window {
  /** The first sample. */
  readonly first: number;
  readonly weights: Int32Array;
}

/**
 * The largest square in the middle of a picture, as `size` by `size` pixels. Where a side's rest is odd, the square is nearer
 * to the top or the left.
 */
export function squareOf({ width, height, rgb }: Bitmap, size: number): Uint8Array<ArrayBuffer> {
  const side = Math.min(width, height), windows = windowsOf(side, size);
  const left = (width - side) >> 1, top = (height - side) >> 1;
  const narrow = new Uint8Array(side * size * COLOURS);
  for (let row = 0, to = 0; row < side; row++) {
    const line = ((top + row) * width + left) * COLOURS;
    for (const window of windows) {
      weigh(rgb, line, COLOURS, window, narrow, to);
      to += COLOURS;
    }
  }
  const out = new Uint8Array(size * size * COLOURS), stride = size * COLOURS;
  windows.forEach((window, row) => {
    for (let column = 0; column < size; column++) {
      weigh(narrow, column * COLOURS, stride, window, out, row * stride + column * COLOURS);
    }
  });
  return out;
}

/** One pixel from those at `from`, `from + step`, …. */
function weigh(
  source: Uint8Array,
  from: number,
  step: number,
  { first, weights }: Window,
  out: Uint8Array,
  to: number,
): void {
  let red = 1 << (PRECISION - 1), green = red, blue = red;
  for (let i = 0, at = from + first * step; i < weights.length; i++, at += step) {
    const weight = weights[i]!;
    red += weight * source[at]!;
    green += weight * source[at + 1]!;
    blue += weight * source[at + 2]!;
  }
  out[to] = red >> PRECISION; // weights are positive and sum to 1: nothing is below 0 or above 255
  out[to + 1] = green >> PRECISION;
  out[to + 2] = blue >> PRECISION;
}

function windowsOf(from: number, to: number): Window[] {
  const scale = from / to, spread = Math.max(scale, 1);
  return Array.from({ length: to }, (_, index): Window => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - spread + 0.5));
    const end = Math.min(from, Math.trunc(centre + spread + 0.5));
    const shares = Array.from(
      { length: end - first },
      (_, i) => Math.max(0, 1 - Math.abs((i + first - centre + 0.5) * (1 / spread))),
    );
    const sum = shares.reduce((a, b) => a + b, 0);
    const weights = Int32Array.from(shares, (share) => 0.5 + share / sum * (1 << PRECISION));
    return { first, weights };
  });
}
