/**
 * PNG images, 8-bit RGB (ISO/IEC 15948).
 *
 * @module
 */
import { crc32, deflateSync } from "node:zlib";
import { concatenate } from "./bytes.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const BIT_DEPTH = 8;
const COLOUR_TYPE_RGB = 2;
const FILTER_NONE = 0;
const CHANNELS = 3;

/**
 * A PNG file of `height` rows of `width` pixels.
 *
 * @param rgb `height · width · 3` bytes, row by row from the top, red, green, blue
 * @throws {RangeError} when a side is not in 1..2^31-1, or `rgb` has another length
 */
export function encodePng(width: number, height: number, rgb: Uint8Array): Uint8Array<ArrayBuffer> {
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side >= 2 ** 31) {
      throw new RangeError(`A PNG image cannot be ${width} by ${height} pixels`);
    }
  }
  const stride = width * CHANNELS;
  if (rgb.length !== height * stride) {
    throw new RangeError(
      `${width} by ${height} pixels need ${height * stride} bytes, not ${rgb.length}`,
    );
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, BIT_DEPTH);
  header.setUint8(9, COLOUR_TYPE_RGB);

  const rows = new Uint8Array(height * (1 + stride));
  for (let row = 0; row < height; row++) {
    const start = row * (1 + stride);
    rows[start] = FILTER_NONE;
    rows.set(rgb.subarray(row * stride, (row + 1) * stride), start + 1);
  }
  return concatenate([
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** Length, type, data, and the CRC-32 of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
