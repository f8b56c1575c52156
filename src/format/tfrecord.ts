/**
 * TFRecord: records one after another, each with its length and two checksums. TensorBoard's event files are made of them.
 *
 * @module
 */
import { crc32c } from "./crc32c.ts";

/** Added to a checksum after its rotation, so that the checksum of bytes with checksums in them is not special. */
const MASK_DELTA = 0xa282ead8;

/** `bytes` as a record: length (uint64, little-endian), its masked CRC-32C, the bytes, their masked CRC-32C. */
export function tfRecord(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(8 + 4 + bytes.length + 4), view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(12 + bytes.length, masked(bytes), true);
  return record;
}

function masked(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return ((checksum >>> 15 | checksum << 17) + MASK_DELTA) >>> 0;
}
