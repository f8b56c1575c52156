/**
 * The binary format of CIFAR's authors: records of one or more label bytes and the pixel bytes, the pixels as one plane
 * for each channel.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { type ImageShape, valuesPerImage } from "../dataset.ts";
import type { LabelledImages } from "./definition.ts";

/** Records of images of `shape`. */
export interface RecordLayout {
  readonly shape: ImageShape;
  /** Number of values of every label byte, in their order; the last one is the class. */
  readonly labels: readonly number[];
}

/**
 * What reads files of such records: at least one of them, with every label in its range.
 *
 * The function it returns throws a {@linkcode UsageError} naming the file when that is empty, truncated, or holds a label
 * that there is not.
 */
export function recordDecoder(
  { shape, labels: ranges }: RecordLayout,
): (bytes: Uint8Array, path: string) => LabelledImages {
  const values = valuesPerImage(shape), recordBytes = ranges.length + values;
  return (bytes, path) => {
    checkRecords(bytes, path, recordBytes, ranges);
    const n = bytes.length / recordBytes;
    const images = new Uint8Array(n * values), labels = new Uint8Array(n);
    for (let image = 0; image < n; image++) {
      const pixels = image * recordBytes + ranges.length;
      labels[image] = bytes[pixels - 1]!;
      interleave(bytes, pixels, images, image * values, shape);
    }
    return { images, labels };
  };
}

function checkRecords(
  bytes: Uint8Array,
  path: string,
  recordBytes: number,
  ranges: readonly number[],
): void {
  if (bytes.length === 0) {
    throw new UsageError(`The data file "${path}" is empty; delete it, and fetch it again.`);
  }
  const whole = bytes.length - bytes.length % recordBytes;
  if (whole !== bytes.length) {
    throw new UsageError(
      `The data file "${path}" is truncated: it has ${bytes.length} bytes, and the record at byte ${whole} needs ` +
        `${recordBytes} but has ${bytes.length - whole}; fetch it again.`,
    );
  }
  for (let record = 0; record < bytes.length; record += recordBytes) {
    for (const [at, count] of ranges.entries()) {
      const label = bytes[record + at]!;
      if (label < count) continue;
      throw new UsageError(
        `The data file "${path}" has label ${label} at byte ${
          record + at
        }, but labels go from 0 to ${count - 1}; fetch it again.`,
      );
    }
  }
}

/** Copies one image from planes (CHW) at `from` to interleaved pixels (HWC) at `to`. */
export function interleave(
  planes: Uint8Array,
  from: number,
  pixels: Uint8Array,
  to: number,
  { height, width, channels }: ImageShape,
): void {
  const size = height * width;
  for (let channel = 0; channel < channels; channel++) {
    const plane = from + channel * size;
    for (let i = 0; i < size; i++) pixels[to + i * channels + channel] = planes[plane + i]!;
  }
}
