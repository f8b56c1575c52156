/**
 * Random crop and horizontal flip, drawn from a counter-based generator: the view of an image depends on
 * (seed, epoch, index) alone.
 *
 * @module
 */
import { Purpose, Stream } from "../random/stream.ts";
import { IMAGE_CHANNELS, IMAGE_SIZE, IMAGE_VALUES } from "./dataset.ts";

/** Zero padding on each side before the random crop, in pixels. */
export const CROP_PADDING = 4;

/** How an image was cropped and flipped. */
export interface View {
  /** Top of the crop in the padded image, 0..8; 4 is centred. */
  readonly top: number;
  /** Left of the crop in the padded image, 0..8; 4 is centred. */
  readonly left: number;
  /** Mirrored left to right after the crop. */
  readonly flip: boolean;
}

/** The view that changes nothing. */
export const IDENTITY_VIEW: View = { top: CROP_PADDING, left: CROP_PADDING, flip: false };

/** The view of training image `index` in `epoch` (counted from 1). */
export function drawView(seed: number, epoch: number, index: number): View {
  const stream = new Stream(seed, Purpose.augmentation, epoch, index);
  const offsets = 2 * CROP_PADDING + 1;
  return {
    top: stream.integer(offsets),
    left: stream.integer(offsets),
    flip: stream.integer(2) === 1,
  };
}

/**
 * Writes image `index` of `images` (NHWC bytes) under `view` to `out` at `offset`, scaled to [0,1].
 *
 * The division is by 255 in float32, as `ToTensor` does it.
 */
export function applyView(
  images: Uint8Array,
  index: number,
  view: View,
  out: Float32Array,
  offset: number,
): void {
  const source = index * IMAGE_VALUES;
  for (let row = 0; row < IMAGE_SIZE; row++) {
    const y = row + view.top - CROP_PADDING;
    for (let column = 0; column < IMAGE_SIZE; column++) {
      const cropped = view.flip ? IMAGE_SIZE - 1 - column : column;
      const x = cropped + view.left - CROP_PADDING;
      const target = offset + (row * IMAGE_SIZE + column) * IMAGE_CHANNELS;
      const inside = y >= 0 && y < IMAGE_SIZE && x >= 0 && x < IMAGE_SIZE;
      const pixel = source + (y * IMAGE_SIZE + x) * IMAGE_CHANNELS;
      for (let channel = 0; channel < IMAGE_CHANNELS; channel++) {
        out[target + channel] = inside ? images[pixel + channel]! / 255 : 0;
      }
    }
  }
}
