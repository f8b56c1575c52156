/**
 * ZIP archives that are not compressed: PyTorch's files, whose readers may map tensors straight from them.
 *
 * @module
 */
import { crc32 } from "node:zlib";

/** A file of an archive. */
export interface ZipEntry {
  /** Its path in the archive, ASCII, with `/` between folders. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** What the data of every entry begin at a multiple of. */
const ALIGNMENT = 64;
/** The format's numbers for sizes and places have 32 bits. */
const MOST_BYTES = 2 ** 32 - 1;
/** The first day that the format can name: equal entries give equal bytes. */
const DATE = 0x0021;
/** The extra field that PyTorch pads with, `FB`. */
const PADDING_ID = 0x4246;

const LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22, FIELD_BYTES = 4;

/**
 * The archive of `entries`, in their order.
 *
 * @throws {RangeError} if it would have 4 GiB or more
 */
export function encodeZip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  let at = 0;
  const placed = entries.map(({ name, data }) => {
    const named = new TextEncoder().encode(name);
    const start = align(at + LOCAL_BYTES + named.length + FIELD_BYTES);
    const entry = { header: at, start, name: named, data };
    at = start + data.length;
    return entry;
  });
  const directory = at;
  const end = placed.reduce((sum, { name }) => sum + CENTRAL_BYTES + name.length, directory);
  if (end + END_BYTES > MOST_BYTES) {
    throw new RangeError(`${end + END_BYTES} bytes are too many for a ZIP archive`);
  }
  const bytes = new Uint8Array(end + END_BYTES), view = new DataView(bytes.buffer);
  /** The fields that an entry has in both places, from the version that is needed on. */
  const describe = (offset: number, { name, data }: (typeof placed)[number], crc: number) => {
    view.setUint16(offset, 20, true);
    view.setUint16(offset + 8, DATE, true);
    view.setUint32(offset + 10, crc, true);
    view.setUint32(offset + 14, data.length, true);
    view.setUint32(offset + 18, data.length, true);
    view.setUint16(offset + 22, name.length, true);
  };
  at = directory;
  for (const entry of placed) {
    const { header, start, name, data } = entry;
    const crc = crc32(data);
    view.setUint32(header, 0x04034b50, true);
    describe(header + 4, entry, crc);
    const extra = header + LOCAL_BYTES + name.length;
    view.setUint16(header + 28, start - extra, true);
    bytes.set(name, header + LOCAL_BYTES);
    view.setUint16(extra, PADDING_ID, true);
    view.setUint16(extra + 2, start - extra - FIELD_BYTES, true);
    bytes.set(data, start);
    view.setUint32(at, 0x02014b50, true);
    describe(at + 6, entry, crc);
    view.setUint32(at + 42, header, true);
    bytes.set(name, at + CENTRAL_BYTES);
    at += CENTRAL_BYTES + name.length;
  }
  view.setUint32(end, 0x06054b50, true);
  view.setUint16(end + 8, entries.length, true);
  view.setUint16(end + 10, entries.length, true);
  view.setUint32(end + 12, end - directory, true);
  view.setUint32(end + 16, directory, true);
  return bytes;
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
