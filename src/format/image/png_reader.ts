/**
 * Reads PNG images of every colour type and depth (ISO/IEC 15948).
 *
 * @module
 */
import { crc32, inflateSync } from "node:zlib";
import { concatenate } from "../bytes.ts";
import { type Bitmap, checkSize } from "./bitmap.ts";
import { exifOrientation, turned } from "./orientation.ts";
import { COLOUR_TYPES, type PngHeader, rawBytes, toRgb, unfilter } from "./png_rows.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const PALETTE = 3;

/** Whether `bytes` begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, at) => bytes[at] === byte);
}

/**
 * The picture in a PNG file, of an animated one the first, turned as its EXIF orientation says. Alpha is ignored; of 16 bits
 * the upper eight are taken.
 *
 * @throws {TypeError} saying what is wrong with it
 */
export function decodePng(bytes: Uint8Array): Bitmap {
  let header: PngHeader | undefined, palette: Uint8Array | undefined;
  let orientation = 1;
  const packed: Uint8Array[] = [];
  for (const { type, data } of chunks(bytes)) {
    if (type === "IHDR") header = readHeader(data);
    else if (type === "PLTE") palette = data;
    else if (type === "IDAT") packed.push(data);
    else if (type === "eXIf") orientation = exifOrientation(data);
    else if (type[0]! < "a") throw new TypeError(`it has a part "${type}" that is not known`);
  }
  if (header === undefined) throw new TypeError("its header is missing");
  if (header.colourType === PALETTE && palette === undefined) {
    throw new TypeError("its palette is missing");
  }
  const raw = inflate(concatenate(packed), rawBytes(header));
  const { width, height } = header;
  const rgb = toRgb(unfilter(raw, header), header, palette);
  return turned({ width, height, rgb }, orientation);
}

/** The parts up to the end, those that matter with their checksums checked. */
function* chunks(bytes: Uint8Array): Generator<{ type: string; data: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length;;) {
    if (at + 12 > bytes.length) throw new TypeError("it ends early");
    const length = view.getUint32(at), end = at + 8 + length;
    if (end + 4 > bytes.length) throw new TypeError("it ends early");
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "IEND") return;
    if (type[0]! < "a" && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      throw new TypeError(`the checksum of its part "${type}" is wrong`);
    }
    yield { type, data: bytes.subarray(at + 8, end) };
    at = end + 4;
  }
}

function readHeader(data: Uint8Array): PngHeader {
  if (data.length !== 13) throw new TypeError("its header has another length");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = view.getUint32(0), height = view.getUint32(4);
  const [depth, colourType, compression, filter, interlace] = data.subarray(8) as unknown as [
    ...[number, number, number, number, number],
  ];
  const { depths, samples } = COLOUR_TYPES[colourType] ?? { depths: [], samples: 0 };
  if (!depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) {
    throw new TypeError(`its header says colour type ${colourType} with ${depth} bits`);
  }
  checkSize(width, height);
  return { width, height, depth, colourType, samples, interlaced: interlace === 1 };
}

/** `packed` unpacked, which must be exactly so many bytes: never more of them are made. */
function inflate(packed: Uint8Array, length: number): Uint8Array {
  let raw: Uint8Array;
  try {
    raw = inflateSync(packed, { maxOutputLength: length });
  } catch (error) {
    const { code } = error as { code?: string };
    throw new TypeError(
      code === "ERR_BUFFER_TOO_LARGE"
        ? "it holds more than its size says"
        : "its pixels cannot be unpacked",
      { cause: error },
    );
  }
  if (raw.length < length) throw new TypeError("it holds less than its size says");
  return raw;
}
