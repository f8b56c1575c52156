/**
 * Zip archives made for tests, right in everything that a test does not change.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { concatenate } from "../../../src/format/bytes.ts";

/** An entry, and what its headers say in place of the truth. */
export interface MadeEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly packed?: number;
  readonly size?: number;
  readonly offset?: number;
  readonly checksum?: number;
  /** The name in the header before the content. */
  readonly localName?: string;
}

/** Little-endian numbers, each as wide as its name says, one after another. */
function fields(...values: readonly (readonly [2 | 4 | 8, number | bigint])[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of values) {
    if (width === 2) view.setUint16(at, Number(value), true);
    else if (width === 4) view.setUint32(at, Number(value), true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

/** `parts` one after another. */
export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatenate(parts);
}

/** The archive of `entries`; with `wide`, every size stands in 64 bits. */
export function madeZip(
  entries: readonly MadeEntry[],
  { wide = false, count = entries.length }: { wide?: boolean; count?: number } = {},
): Uint8Array<ArrayBuffer> {
  const text = (name: string) => new TextEncoder().encode(name);
  const files: Uint8Array[] = [], records: Uint8Array[] = [];
  let at = 0;
  for (const { name, content, method = 0, flags = 0, localName = name, ...claims } of entries) {
    const { packed = content.length, size = content.length, offset = at } = claims;
    const { checksum = crc32(content) } = claims;
    const local = text(localName), central = text(name);
    const said = wide ? [0xffffffff, 0xffffffff] : [packed, size];
    const file = join(
      fields([4, 0x04034b50], [2, 20], [2, flags], [2, method], [4, 0], [4, checksum]),
      fields([4, said[0]!], [4, said[1]!], [2, local.length], [2, 0]),
      local,
      content,
    );
    files.push(file);
    const extra = wide
      ? fields([2, 7], [2, 2], [2, 0], [2, 1], [2, 24], [8, size], [8, packed], [8, offset])
      : new Uint8Array();
    records.push(join(
      fields([4, 0x02014b50], [2, 20], [2, 20], [2, flags], [2, method], [4, 0], [4, checksum]),
      fields([4, said[0]!], [4, said[1]!], [2, central.length], [2, extra.length], [2, 0]),
      fields([2, 0], [2, 0], [4, 0], [4, wide ? 0xffffffff : offset]),
      central,
      extra,
    ));
    at += file.length;
  }
  const directory = join(...records), end = at + directory.length;
  const end64 = wide
    ? join(
      fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count]),
      fields([8, directory.length], [8, at], [4, 0x07064b50], [4, 0], [8, end], [4, 1]),
    )
    : new Uint8Array();
  const said = wide ? [0xffff, 0xffffffff, 0xffffffff] : [count, directory.length, at];
  return join(
    ...files,
    directory,
    end64,
    fields([4, 0x06054b50], [2, 0], [2, 0], [2, said[0]!], [2, said[0]!], [4, said[1]!]),
    fields([4, said[2]!], [2, 0]),
  );
}
