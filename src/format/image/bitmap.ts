/**
 * A picture as every reader of image files returns it.
 *
 * @module
 */

/** Pixels in red, green and blue. */
export interface Bitmap {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** `height · width · 3` bytes, row by row from the top. */
  readonly rgb: Uint8Array<ArrayBuffer>;
}

/** The most pixels that a picture may have: a small file can claim a size that no memory holds. */
export const MOST_PIXELS = 50_000_000;

/**
 * Refuses a picture of a size that nobody can want, before anything of that size is made.
 *
 * @throws {TypeError} if a side is 0, or there are more than {@linkcode MOST_PIXELS}
 */
export function checkSize(width: number, height: number): void {
  if (width === 0 || height === 0) throw new TypeError(`it is ${width} by ${height} pixels`);
  if (width * height <= MOST_PIXELS) return;
  throw new TypeError(
    `it has ${width} by ${height} pixels, and at most ${
      MOST_PIXELS / 1e6
    } million can be read: make it smaller`,
  );
}
