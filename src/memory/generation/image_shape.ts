/**
 * The size of the images that a memory is of, as its documents say it.
 *
 * @module
 */
import * as v from "valibot";
import { type ImageShape, valuesPerImage } from "../../data/dataset.ts";

/** What a document means that does not say: there were no other images when the format was made. */
const UNSAID: ImageShape = { height: 32, width: 32, channels: 3 };
/** Values of the largest image that is believed: a chunk of them still fits into memory. */
const MOST_VALUES = 2 ** 20;

const length = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_VALUES));

/** A size other than 32×32×3. */
export const shapeSchema = v.pipe(
  v.strictObject({ height: length, width: length, channels: length }),
  v.check((shape) => valuesPerImage(shape) <= MOST_VALUES),
);

/** The size that a document with `shape` means. */
export function impliedShape(shape: ImageShape | undefined): ImageShape {
  return shape ?? UNSAID;
}

/** What a document of images of `shape` says of it. */
export function saidShape(shape: ImageShape): { readonly shape?: ImageShape } {
  return sameShape(shape, UNSAID) ? {} : { shape };
}

/** Whether `a` and `b` are equal. */
export function sameShape(a: ImageShape, b: ImageShape): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}
