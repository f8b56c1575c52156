/**
 * Every way to compute a convolution, and which one to take when nobody has measured.
 *
 * @module
 */
import type { ConvolutionMode, ConvolutionVariant } from "./shape.ts";

/** The variants of every mode, the most generally useful first. */
export const CATALOGUE: Readonly<Record<ConvolutionMode, readonly ConvolutionVariant[]>> = {
  forward: [],
  inputGradient: [],
  filterGradient: [],
};
