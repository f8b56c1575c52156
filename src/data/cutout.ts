/**
 * Cutout (DeVries & Taylor 2017, arXiv 1708.04552): a square of each training image is blanked, about a centre that may lie
 * anywhere in the image, so that a part of the square may lie outside of it.
 *
 * It is cut after crop and flip, as by the authors. Their images are normalised, and 0 is their mean; here it is black, as the
 * padding of the crop is.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Stream } from "../random/stream.ts";
import { describeShape, type ImageShape } from "./dataset.ts";

/** What is blanked of an image, a rectangle of pixels. */
export interface Hole {
  /** Its first row. */
  readonly top: number;
  /** Its first column. */
  readonly left: number;
  /** The row behind its last. */
  readonly bottom: number;
  /** The column behind its last. */
  readonly right: number;
}

/** The next hole of `stream`: a square of `size` pixels a side, as far as it lies in an image of `shape`. */
export function drawHole(stream: Stream, size: number, { height, width }: ImageShape): Hole {
  const top = stream.integer(height) - Math.floor(size / 2);
  const left = stream.integer(width) - Math.floor(size / 2);
  return {
    top: Math.max(0, top),
    left: Math.max(0, left),
    bottom: Math.min(height, top + size),
    right: Math.min(width, left + size),
  };
}

/** Whether `hole` takes the pixel at `row` and `column`. */
export function isCut({ top, left, bottom, right }: Hole, row: number, column: number): boolean {
  return row >= top && row < bottom && column >= left && column < right;
}

/** Has the values of `hole` be 0 in the image (NHWC) of `shape` that lies in `images` at `offset`. */
export function blank(images: Float32Array, offset: number, hole: Hole, shape: ImageShape): void {
  const { width, channels } = shape;
  for (let row = hole.top; row < hole.bottom; row++) {
    const start = offset + row * width * channels;
    images.fill(0, start + hole.left * channels, start + hole.right * channels);
  }
}

/** @throws {UsageError} if squares of `size` could leave nothing of an image of `shape` */
export function refuseWholeCutout(size: number, shape: ImageShape): void {
  const least = Math.min(shape.height, shape.width);
  if (size < least) return;
  throw new UsageError(
    `--cutout ${size} could blank all of an image of ${
      describeShape(shape)
    }: take less than ${least}.`,
  );
}
