/**
 * What a common corruption is. Kinds and parameters are those of CIFAR-10-C (Hendrycks & Dietterich, arXiv 1903.12261), which
 * are made for 32×32; images of other sizes take the same numbers of pixels.
 *
 * @module
 */
import type { Stream } from "../../random/stream.ts";
import type { ImageShape } from "../dataset.ts";

/** How many severities there are. */
export const SEVERITIES = 5;

/** An image that is to be corrupted. */
export interface Original {
  /** Its bytes, NHWC, three channels. */
  readonly bytes: Uint8Array;
  readonly shape: ImageShape;
}

/** One kind of corruption. */
export interface Corruption<Name extends string = string> {
  /** As CIFAR-10-C calls its file. */
  readonly name: Name;
  /**
   * The corrupted image: values from 0 to 255, of which whole numbers are kept.
   *
   * @param severity from 1 to 5
   * @param stream of the image, kind and severity
   */
  readonly apply: (image: Original, severity: number, stream: Stream) => ArrayLike<number>;
}

/** A kind with its parameters at each severity. */
export function corruption<Name extends string, Level>(
  name: Name,
  levels: readonly [Level, Level, Level, Level, Level],
  apply: (image: Original, level: Level, stream: Stream) => ArrayLike<number>,
): Corruption<Name> {
  return { name, apply: (image, severity, stream) => apply(image, levels[severity - 1]!, stream) };
}

/** Bytes as numbers in [0,1]. */
export function unitValues(bytes: ArrayLike<number>): Float64Array {
  return Float64Array.from(bytes, (byte) => byte / 255);
}

/** Numbers in [0,1], or beyond, as bytes that are not rounded yet, in place. */
export function toBytes(values: Float64Array): Float64Array {
  for (let i = 0; i < values.length; i++) values[i] = Math.min(1, Math.max(0, values[i]!)) * 255;
  return values;
}
