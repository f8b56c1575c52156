/**
 * Images and labels as bytes, the one form every source produces and every consumer takes.
 *
 * @module
 */

/** Size of an image, in pixels, and its colour channels. */
export interface ImageShape {
  /** Rows of pixels. */
  readonly height: number;
  /** Columns of pixels. */
  readonly width: number;
  /** Values of a pixel: 3 are red, green and blue. */
  readonly channels: number;
}

/** Values of one image. */
export function valuesPerImage({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}

/** `32×32×3`, for people. */
export function describeShape({ height, width, channels }: ImageShape): string {
  return `${height}×${width}×${channels}`;
}

/** Labelled images. Image `i` keeps its index for life: the memory looks examples up by it. */
export interface Dataset {
  /** What it is called on the command line, e.g. `cifar10`. */
  readonly name: string;
  /** Class names, in label order. */
  readonly classes: readonly string[];
  /** What all images have in common. */
  readonly shape: ImageShape;
  /** Number of images. */
  readonly n: number;
  /** How many of them, the last, are auxiliary: of `--aux-data`; none unless given. */
  readonly auxiliary?: number;
  /** `n · height · width · channels` bytes, NHWC, 0..255; three channels are red, green and blue. */
  readonly images: Uint8Array;
  /** `n` labels in 0..classes.length-1. */
  readonly labels: Uint8Array;
}

/** A data set's two parts. */
export interface Splits {
  /** What is trained on. */
  readonly train: Dataset;
  /** What is evaluated on. */
  readonly test: Dataset;
}

/** The name of one of them. */
export type SplitName = keyof Splits;
