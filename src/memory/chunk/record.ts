/**
 * One memory example as bytes (little-endian): image index u32, crop top u8, crop left u8, flip u8, zero u8,
 * the codec's payload, CRC-32C u32 of everything before it.
 *
 * @module
 */
import { LARGEST_CROP_PADDING, type View } from "../../data/augmentation.ts";
import { crc32c } from "../../format/crc32c.ts";
import type { Codec } from "./codec.ts";

const PREFIX_BYTES = 8;
const CHECKSUM_BYTES = 4;
const MAX_OFFSET = 2 * LARGEST_CROP_PADDING;

/** Bytes of one record under `codec`: 3,084 for int8 and 32×32×3. */
export function recordBytes(codec: Codec): number {
  return PREFIX_BYTES + codec.payloadBytes + CHECKSUM_BYTES;
}

/** The index of the image that `record` says it holds, unchecked. */
export function recordImage(record: Uint8Array): number {
  return new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(0, true);
}

/**
 * Fills `record` ({@linkcode recordBytes} long) with an example.
 *
 * @param delta the values of one image, NHWC, in the frame of `view`
 */
export function encodeRecord(
  codec: Codec,
  index: number,
  view: View,
  delta: Float32Array,
  record: Uint8Array,
): void {
  const fields = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const end = PREFIX_BYTES + codec.payloadBytes;
  fields.setUint32(0, index, true);
  record[4] = view.top;
  record[5] = view.left;
  record[6] = view.flip ? 1 : 0;
  record[7] = 0;
  codec.encode(delta, record.subarray(PREFIX_BYTES, end));
  fields.setUint32(end, crc32c(record.subarray(0, end)), true);
}

/**
 * Reads the example of image `index` from `record`: its perturbation goes to `delta`, its view is returned.
 *
 * @returns undefined if the record is damaged or another image's; `delta` is untouched then
 */
export function decodeRecord(
  codec: Codec,
  index: number,
  record: Uint8Array,
  delta: Float32Array,
): View | undefined {
  const fields = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const end = PREFIX_BYTES + codec.payloadBytes;
  const top = record[4]!, left = record[5]!, flip = record[6]!;
  const intact = fields.getUint32(end, true) === crc32c(record.subarray(0, end)) &&
    fields.getUint32(0, true) === index && top <= MAX_OFFSET && left <= MAX_OFFSET && flip <= 1;
  if (!intact) return undefined;
  codec.decode(record.subarray(PREFIX_BYTES, end), delta);
  return { top, left, flip: flip === 1 };
}
