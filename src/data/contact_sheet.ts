/**
 * Many small images as one picture.
 *
 * @module
 */
import { type Dataset, IMAGE_CHANNELS, IMAGE_SIZE, IMAGE_VALUES } from "./dataset.ts";

/** A picture, ready for `encodePng`. */
export interface Picture {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** `height · width · 3` bytes, row by row from the top. */
  readonly rgb: Uint8Array<ArrayBuffer>;
}

/** White pixels between neighbours. */
const GAP = 1;
const WHITE = 255;
const PITCH = IMAGE_SIZE + GAP;

/**
 * The images of `dataset` at `indices`, row by row in a grid with a white line between neighbours; a last row that is
 * not full ends in white.
 *
 * @param columns images in a row, 1 or more; fewer images than that make a narrower picture
 * @throws {RangeError} when there are no indices, an index is outside the data set, or `columns` is not a positive
 * integer
 */
export function contactSheet(
  dataset: Dataset,
  indices: ArrayLike<number>,
  columns: number,
): Picture {
  const count = indices.length;
  if (count === 0) throw new RangeError("A contact sheet needs at least one image");
  if (!Number.isInteger(columns) || columns < 1) {
    throw new RangeError(`A contact sheet cannot have ${columns} columns`);
  }
  const perRow = Math.min(columns, count);
  const width = perRow * PITCH - GAP;
  const height = Math.ceil(count / perRow) * PITCH - GAP;
  const rgb = new Uint8Array(width * height * IMAGE_CHANNELS).fill(WHITE);
  const rowBytes = IMAGE_SIZE * IMAGE_CHANNELS;
  for (let cell = 0; cell < count; cell++) {
    const index = indices[cell]!;
    if (!Number.isInteger(index) || index < 0 || index >= dataset.n) {
      throw new RangeError(`${dataset.name} has images 0 to ${dataset.n - 1}, not ${index}`);
    }
    const left = (cell % perRow) * PITCH;
    const top = Math.floor(cell / perRow) * PITCH;
    for (let row = 0; row < IMAGE_SIZE; row++) {
      const source = index * IMAGE_VALUES + row * rowBytes;
      const target = ((top + row) * width + left) * IMAGE_CHANNELS;
      rgb.set(dataset.images.subarray(source, source + rowBytes), target);
    }
  }
  return { width, height, rgb };
}
