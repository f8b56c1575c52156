/**
 * A chunk file: a header of 128 bytes, then up to 1,024 records of equal length. Little-endian.
 *
 * | bytes | field |
 * |---|---|
 * | 0..7 | magic `MEMLOSSC` |
 * | 8 | version u32 |
 * | 12 | codec u32 |
 * | 16 | bytes of a record u32 |
 * | 20 | epoch u32 |
 * | 24 | number of the chunk in its generation u32 |
 * | 28 | records u32 |
 * | 32 | ε f64 |
 * | 40, 44, 48 | height, width, channels u32 |
 * | 52..83 | SHA-256 of the training images and labels |
 * | 84..123 | zero: room for what a later version adds |
 * | 124 | CRC-32C of bytes 0..123, u32 |
 *
 * @module
 */
import { crc32c } from "../../format/crc32c.ts";
import { type Codec, codecNumbers } from "./codec.ts";
import { recordBytes } from "./record.ts";

/** Bytes of a chunk's header. */
export const CHUNK_HEADER_BYTES = 128;
/** Records in every chunk of a generation but its last. */
export const CHUNK_RECORDS = 1024;
/** Version of the layout of chunks and records. */
export const CHUNK_VERSION = 2;

const MAGIC = new TextEncoder().encode("MEMLOSSC");
const DATA_OFFSET = 52;
const CHECKSUM_OFFSET = CHUNK_HEADER_BYTES - 4;

/** What tells one chunk from another. */
export interface ChunkHeader {
  readonly codec: Codec;
  readonly epsilon: number;
  readonly epoch: number;
  /** Its position in the generation, from 0. */
  readonly number: number;
  readonly records: number;
  /** SHA-256 of the training images and labels, hexadecimal. */
  readonly dataSha256: string;
}

/** Bytes of a chunk file of `records` records. */
export function chunkBytes(codec: Codec, records: number): number {
  return CHUNK_HEADER_BYTES + records * recordBytes(codec);
}

/** The 128 bytes of `header`. */
export function encodeChunkHeader(header: ChunkHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES);
  const fields = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  const words = [
    CHUNK_VERSION,
    codecNumbers[header.codec.name],
    recordBytes(header.codec),
    header.epoch,
    header.number,
    header.records,
  ];
  words.forEach((word, i) => fields.setUint32(8 + 4 * i, word, true));
  fields.setFloat64(32, header.epsilon, true);
  const { height, width, channels } = header.codec.shape;
  [height, width, channels].forEach((n, i) => fields.setUint32(40 + 4 * i, n, true));
  bytes.set(Uint8Array.fromHex(header.dataSha256), DATA_OFFSET);
  fields.setUint32(CHECKSUM_OFFSET, crc32c(bytes.subarray(0, CHECKSUM_OFFSET)), true);
  return bytes;
}

/**
 * Why `bytes` is not the header of the chunk `expected`, or undefined if it is.
 *
 * The store knows what every chunk must say, so this is a comparison and not a parser.
 */
export function describeHeaderFault(bytes: Uint8Array, expected: ChunkHeader): string | undefined {
  const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < CHUNK_HEADER_BYTES) return "it ends inside its header";
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) return "it is not a memory chunk";
  const version = fields.getUint32(8, true);
  if (version > CHUNK_VERSION) return `it has version ${version}, newer than this program's`;
  const checksum = crc32c(bytes.subarray(0, CHECKSUM_OFFSET));
  if (checksum !== fields.getUint32(CHECKSUM_OFFSET, true)) return "its header is damaged";
  const wanted = encodeChunkHeader(expected);
  if (wanted.some((byte, i) => bytes[i] !== byte)) return "its header describes another chunk";
  return undefined;
}
