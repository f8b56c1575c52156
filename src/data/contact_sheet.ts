/**
 * Many small images as one picture.
 *
 * @module
 */
import { type Dataset, valuesPerImage } from "./dataset.ts";

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
/** Red, green, blue. */
const COLOURS = 3;

/**
 * The images of `dataset` at `indices`, row by row in a grid with a white line between neighbours; a last row that is
 * not full ends in white. Images of one channel are shown in grey.
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
  const { shape, images } = dataset;
  const perRow = Math.min(columns, count);
  const width = perRow * (shape.width + GAP) - GAP;
  const height = Math.ceil(count / perRow) * (shape.height + GAP) - GAP;
  const rgb = new Uint8Array(width * height * COLOURS).fill(WHITE);
  for (let cell = 0; cell < count; cell++) {
    const index = indices[cell]!;
    if (!Number.isInteger(index) || index < 0 || index >= dataset.n) {
      throw new RangeError(`${dataset.name} has images 0 to ${dataset.n - 1}, not ${index}`);
    }
    const left = (cell % perRow) * (shape.width + GAP);
    const top = Math.floor(cell / perRow) * (shape.height + GAP);
    const pixels = images.subarray(index * valuesPerImage(shape));
    for (let pixel = 0; pixel < shape.height * shape.width; pixel++) {
      const row = Math.floor(pixel / shape.width), column = pixel % shape.width;
      const target = ((top + row) * width + left + column) * COLOURS;
      for (let colour = 0; colour < COLOURS; colour++) {
        const channel = Math.min(colour, shape.channels - 1);
        rgb[target + colour] = pixels[pixel * shape.channels + channel]!;
      }
    }
  }
  return { width, height, rgb };
}
