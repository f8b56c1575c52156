/**
 * What a convolution is to every engine: its sizes.
 *
 * @module
 */

/** A batch of images, NHWC. */
export type BatchShape = readonly [batch: number, height: number, width: number, channels: number];

/** A convolution of `[batch,height,width,inChannels]` (NHWC) by `[kernel,kernel,inChannels,outChannels]` (HWIO). */
export interface ConvolutionShape {
  readonly batch: number;
  /** Of the input; the output has `ceil(height / stride)` rows and `ceil(width / stride)` columns. */
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Padding is `(kernel − 1)/2` on every side. */
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
}

/** Rows and columns of the output. */
export function outputSize({ height, width, stride }: ConvolutionShape): [number, number] {
  return [Math.ceil(height / stride), Math.ceil(width / stride)];
}
