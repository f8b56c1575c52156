/**
 * Images and labels as bytes, the one form every source produces and every consumer takes.
 *
 * @module
 */

/** Height and width of every image. */
export const IMAGE_SIZE = 32;
/** Colour channels of every image, in the order red, green, blue. */
export const IMAGE_CHANNELS = 3;
/** Values of one image: 32 · 32 · 3. */
export const IMAGE_VALUES = IMAGE_SIZE * IMAGE_SIZE * IMAGE_CHANNELS;

/** Labelled images. Image `i` keeps its index for life: the memory looks examples up by it. */
export interface Dataset {
  /** What it is called on the command line, e.g. `cifar10`. */
  readonly name: string;
  /** Class names, in label order. */
  readonly classes: readonly string[];
  /** Number of images. */
  readonly n: number;
  /** `n · 3072` bytes, NHWC, 0..255. */
  readonly images: Uint8Array;
  /** `n` labels in 0..classes.length-1. */
  readonly labels: Uint8Array;
}

/** A data set's two parts. */
export interface Splits {
  readonly train: Dataset;
  readonly test: Dataset;
}
