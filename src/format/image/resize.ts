/**
 * Makes pictures smaller or larger as Pillow's `resize` does with `Image.BILINEAR` or `Image.BOX`, bit by bit: a triangle or a
 * box as wide as the scale needs, its weights rounded to 22 bits, first along rows, then along columns.
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

/** What a target's pixel is made of, for a scale of 1: how far it reaches to each side, and how a sample's share falls. */
const FILTERS = {
  bilinear: { reach: 1, share: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  box: { reach: 0.5, share: (x: number) => +(x > -0.5 && x <= 0.5) },
} as const;

/** The filters. */
export type ResizeFilter = keyof typeof FILTERS;

/** Width and height in pixels. */
type Size = Pick<Bitmap, "width" | "height">;

/**
 * The largest square in the middle of a picture, as `size` by `size` pixels. Where a side's rest is odd, the square is nearer
 * to the top or the left.
 */
export function squareOf({ width, height, rgb }: Bitmap, size: number): Uint8Array<ArrayBuffer> {
  const side = Math.min(width, height);
  const left = (width - side) >> 1, top = (height - side) >> 1;
  const square = { rgb: rgb.subarray((top * width + left) * COLOURS), stride: width };
  const sides = { width: side, height: side };
  return resample(square, sides, { width: size, height: size }, "bilinear");
}

/** `picture` in another size. */
export function resized(
  picture: Bitmap,
  size: Size,
  filter: ResizeFilter,
): Uint8Array<ArrayBuffer> {
  return resample({ rgb: picture.rgb, stride: picture.width }, picture, size, filter);
}

/** The first pixels of `source`, whose rows are `stride` pixels apart. */
function resample(
  { rgb, stride }: { readonly rgb: Uint8Array; readonly stride: number },
  from: Size,
  to: Size,
  filter: ResizeFilter,
): Uint8Array<ArrayBuffer> {
  const rowBytes = to.width * COLOURS;
  const narrow = new Uint8Array(from.height * rowBytes),
    across = windowsOf(from.width, to.width, filter);
  for (let row = 0, at = 0; row < from.height; row++) {
    for (const window of across) {
      weigh(rgb, row * stride * COLOURS, COLOURS, window, narrow, at);
      at += COLOURS;
    }
  }
  const out = new Uint8Array(to.height * rowBytes);
  windowsOf(from.height, to.height, filter).forEach((window, row) => {
    for (let at = 0; at < rowBytes; at += COLOURS) {
      weigh(narrow, at, rowBytes, window, out, row * rowBytes + at);
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

function windowsOf(from: number, to: number, filter: ResizeFilter): Window[] {
  const { reach, share } = FILTERS[filter];
  const scale = from / to, spread = Math.max(scale, 1), most = reach * spread;
  return Array.from({ length: to }, (_, index): Window => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - most + 0.5));
    const end = Math.min(from, Math.trunc(centre + most + 0.5));
    const shares = Array.from(
      { length: end - first },
      (_, i) => share((i + first - centre + 0.5) * (1 / spread)),
    );
    const sum = shares.reduce((a, b) => a + b, 0);
    const weights = Int32Array.from(shares, (share) => 0.5 + share / sum * (1 << PRECISION));
    return { first, weights };
  });
}
