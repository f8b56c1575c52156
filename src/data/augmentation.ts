/**
 * Random crop, horizontal flip and cutout, drawn from a counter-based generator: the view of an image depends on
 * (seed, epoch, index) alone.
 *
 * @module
 */
import { Purpose, Stream } from "../random/stream.ts";
import { blank, drawHole, type Hole, isCut } from "./cutout.ts";
import { type Dataset, type ImageShape, valuesPerImage } from "./dataset.ts";

/** The most zero padding that there can be on each side before the random crop, in pixels. */
export const LARGEST_CROP_PADDING = 4;

/** How an image was cropped and flipped, and what of it was blanked then. */
export interface View {
  /** Top of the crop in the image under the largest padding, 0..8; 4 is centred. */
  readonly top: number;
  /** Left of the crop there, 0..8; 4 is centred. */
  readonly left: number;
  /** Mirrored left to right after the crop. */
  readonly flip: boolean;
  /** Blanked after crop and flip; absent where nothing is. */
  readonly hole?: Hole;
}

/** The view that changes nothing. */
export const IDENTITY_VIEW: View = {
  top: LARGEST_CROP_PADDING,
  left: LARGEST_CROP_PADDING,
  flip: false,
};

/**
 * The view of training image `index` in `epoch` (counted from 1), cropped within `padding` (0..4) zeros, and flipped
 * every other time unless images are not to be.
 *
 * @param cutout how large a square is blanked, and the shape of the image; nothing is unless given
 */
export function drawView(
  seed: number,
  epoch: number,
  index: number,
  padding: number = LARGEST_CROP_PADDING,
  flips = true,
  cutout?: { readonly size: number; readonly shape: ImageShape },
): View {
  const stream = new Stream(seed, Purpose.augmentation, epoch, index);
  const first = LARGEST_CROP_PADDING - padding, offsets = 2 * padding + 1;
  const view = {
    top: first + stream.integer(offsets),
    left: first + stream.integer(offsets),
    flip: flips && stream.integer(2) === 1,
  };
  return cutout ? { ...view, hole: drawHole(stream, cutout.size, cutout.shape) } : view;
}

/** Bytes as values in [0,1]: divided by 255 in float32, as `ToTensor` does it. */
const SCALED = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** The pixel of an image (row · width + column) that `view` shows at a place, or −1 in the padding and where it is blanked. */
function shownPixel(
  view: View,
  row: number,
  column: number,
  { height, width }: ImageShape,
): number {
  if (view.hole && isCut(view.hole, row, column)) return -1;
  const y = row + view.top - LARGEST_CROP_PADDING;
  const x = (view.flip ? width - 1 - column : column) + view.left - LARGEST_CROP_PADDING;
  return y >= 0 && y < height && x >= 0 && x < width ? y * width + x : -1;
}

/** Writes image `index` of a data set under `view` to `out` at `offset`, scaled to [0,1]. */
export function applyView(
  dataset: Pick<Dataset, "images" | "shape">,
  index: number,
  view: View,
  out: Float32Array,
  offset: number,
): void {
  crop(dataset, index, view, out, offset);
  if (view.hole) blank(out, offset, view.hole, dataset.shape);
}

function crop(
  { images, shape }: Pick<Dataset, "images" | "shape">,
  index: number,
  view: View,
  out: Float32Array,
  offset: number,
): void {
  const { height, width, channels } = shape, first = index * valuesPerImage(shape);
  const { flip } = view, right = view.left - LARGEST_CROP_PADDING;
  // Columns of the crop that lie within the image.
  const from = Math.min(width, Math.max(0, -right));
  const to = Math.max(from, Math.min(width, width - right));
  for (let row = 0; row < height; row++) {
    const target = offset + row * width * channels, y = row + view.top - LARGEST_CROP_PADDING;
    if (y < 0 || y >= height) {
      out.fill(0, target, target + width * channels);
      continue;
    }
    const source = first + (y * width + right) * channels;
    if (!flip) {
      out.fill(0, target, target + from * channels);
      for (let i = from * channels; i < to * channels; i++) {
        out[target + i] = SCALED[images[source + i]!]!;
      }
      out.fill(0, target + to * channels, target + width * channels);
      continue;
    }
    for (let column = 0; column < width; column++) {
      const mirrored = width - 1 - column, inside = mirrored >= from && mirrored < to;
      for (let channel = 0; channel < channels; channel++) {
        out[target + column * channels + channel] = inside
          ? SCALED[images[source + mirrored * channels + channel]!]!
          : 0;
      }
    }
  }
}

/** Moves the `values` of one image (NHWC) from the frame of the image into that of `view`: 0 in the padding and where it is blanked. */
export function intoView(values: Float32Array, view: View, shape: ImageShape): Float32Array {
  return move(values, view, shape, true);
}

/**
 * Moves the `values` of one image (NHWC) from the frame of `view` into that of the image: 0 where the crop did not
 * reach, and where `view` is blanked.
 */
export function outOfView(values: Float32Array, view: View, shape: ImageShape): Float32Array {
  return move(values, view, shape, false);
}

function move(values: Float32Array, view: View, shape: ImageShape, into: boolean): Float32Array {
  const { height, width, channels } = shape;
  const out = new Float32Array(valuesPerImage(shape));
  for (let place = 0; place < height * width; place++) {
    const pixel = shownPixel(view, Math.floor(place / width), place % width, shape);
    if (pixel < 0) continue;
    const from = channels * (into ? pixel : place);
    const to = channels * (into ? place : pixel);
    for (let channel = 0; channel < channels; channel++) {
      out[to + channel] = values[from + channel]!;
    }
  }
  return out;
}
