/**
 * The headers of a zip archive: which entries its directory lists, and where the bytes of each lie.
 *
 * Libraries that unpack zips follow whichever header they meet first. Here both have to say the same, and no entry may reach
 * into another.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @module
 */
import { UsageError } from "../../errors.ts";
import { quoted } from "../quoted.ts";

/** How the records begin: of a file, of the directory, of its end, and the 64-bit forms of that. */
const LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50;
const END64 = 0x06064b50, END64_LOCATOR = 0x07064b50;
const LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22, LOCATOR_BYTES = 20;
/** Where a 32-bit field says that its value stands in the extra field. */
const ELSEWHERE = 0xffffffff;
/** How an entry may be packed. */
export const STORED = 0, DEFLATED = 8;
/** Entries of an archive: a network's tensors and a few more. */
const MOST_ENTRIES = 65_536;
const NO_END = "its end is missing, so it was cut short";

/** What the directory says of an entry. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  /** CRC-32 of the content, unpacked. */
  readonly checksum: number;
}

/** An entry, and its bytes as they lie there. */
export interface PlacedEntry {
  readonly entry: Entry;
  readonly content: Uint8Array;
}

/** All headers of an archive. Where they contradict each other, or it is cut short, that throws a `TypeError` or a `RangeError`. */
export class ZipHeaders {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** @param bytes the archive */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Every entry by its name. */
  entries(): Map<string, PlacedEntry> {
    const { count, offset, end } = this.#directory();
    if (count > MOST_ENTRIES) throw new TypeError(`it claims ${count} entries`);
    const found = new Map<string, PlacedEntry>();
    const spans: { name: string; begin: number; end: number }[] = [];
    let at = offset;
    for (let i = 0; i < count; i++) {
      const { entry, next } = this.#central(at, end);
      at = next;
      const { name } = entry;
      refuseName(name);
      if (found.has(name)) throw new TypeError(`it holds ${quoted(name)} twice`);
      const content = this.#content(entry, offset);
      const after = content.byteOffset - this.#bytes.byteOffset + content.length;
      spans.push({ name, begin: entry.offset, end: after });
      found.set(name, { entry, content });
    }
    spans.sort((a, b) => a.begin - b.begin);
    spans.forEach(({ name, begin }, i) => {
      if (i > 0 && begin < spans[i - 1]!.end) {
        throw new TypeError(`${quoted(name)} overlaps another entry`);
      }
    });
    return found;
  }

  /** Where the directory is, and what it has. */
  #directory(): { count: number; offset: number; end: number } {
    const view = this.#view;
    let at = view.byteLength - END_BYTES;
    const least = Math.max(0, at - 0xffff); // a comment may follow
    while (at >= least && view.getUint32(at, true) !== END) at--;
    if (at < least) throw new TypeError(NO_END);
    if (at + END_BYTES + view.getUint16(at + 20, true) !== view.byteLength) {
      throw new TypeError("something follows its end");
    }
    let count = view.getUint16(at + 10, true), size = view.getUint32(at + 12, true);
    let offset = view.getUint32(at + 16, true), end = at;
    const locator = at - LOCATOR_BYTES;
    if (locator >= 0 && view.getUint32(locator, true) === END64_LOCATOR) {
      end = this.#size(locator + 8);
      if (view.getUint32(end, true) !== END64) throw new TypeError("its 64-bit end is missing");
      count = this.#size(end + 32);
      size = this.#size(end + 40);
      offset = this.#size(end + 48);
    }
    if (offset + size !== end) throw new TypeError("its directory is not where it says");
    return { count, offset, end };
  }

  /** The directory's record at `at`. */
  #central(at: number, end: number): { entry: Entry; next: number } {
    const view = this.#view;
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) {
      throw new TypeError("its directory has fewer entries than it says");
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32]
      .map((field) => view.getUint16(at + field, true)) as [number, number, number];
    const extra = at + CENTRAL_BYTES + nameLength;
    const next = extra + extraLength + commentLength;
    if (next > end) throw new TypeError("its directory runs over its end");
    const wide = this.#wideFields(extra, extraLength);
    const field = (offset: number) => {
      const value = view.getUint32(at + offset, true);
      return value === ELSEWHERE ? wide() : value;
    };
    const size = field(24), packed = field(20), offset = field(42); // in the order of the wide fields
    const entry = {
      name: this.#text(at + CENTRAL_BYTES, nameLength),
      encrypted: (view.getUint16(at + 8, true) & 0x2041) !== 0,
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      ...{ packed, size, offset },
    };
    return { entry, next };
  }

  /** Gives the 64-bit fields of an extra field, one after another. */
  #wideFields(begin: number, length: number): () => number {
    let at = begin;
    while (at + 4 <= begin + length) {
      const id = this.#view.getUint16(at, true), size = this.#view.getUint16(at + 2, true);
      if (id === 1) {
        const end = Math.min(at + 4 + size, begin + length);
        let next = at + 4;
        return () => {
          if (next + 8 > end) missing64();
          next += 8;
          return this.#wide(next - 8); // an unpacked size may well be more than the archive has
        };
      }
      at += 4 + size;
    }
    return missing64;
  }

  /** The bytes of `entry` as they lie there, behind its own header, which has to agree with the directory. */
  #content({ name, method, packed, size, offset }: Entry, end: number): Uint8Array {
    if (method === STORED && packed !== size) {
      throw new TypeError(`${quoted(name)} is stored and has two sizes`);
    }
    const view = this.#view;
    if (offset + LOCAL_BYTES > end || view.getUint32(offset, true) !== LOCAL) {
      throw new TypeError(`${quoted(name)} is not where the directory says`);
    }
    const nameLength = view.getUint16(offset + 26, true);
    const begin = offset + LOCAL_BYTES + nameLength + view.getUint16(offset + 28, true);
    if (begin + packed > end) throw new TypeError(`${quoted(name)} ends behind the last entry`);
    const same = view.getUint16(offset + 8, true) === method &&
      this.#text(offset + LOCAL_BYTES, nameLength) === name;
    if (!same) throw new TypeError(`${quoted(name)} has another header than the directory says`);
    return this.#bytes.subarray(begin, begin + packed);
  }

  /** A number of bytes of the archive itself. */
  #size(at: number): number {
    const value = this.#wide(at);
    if (value > this.#view.byteLength) throw new TypeError("it claims more bytes than it has");
    return value;
  }

  #wide(at: number): number {
    const value = this.#view.getBigUint64(at, true);
    if (value > Number.MAX_SAFE_INTEGER) throw new TypeError("it claims more bytes than there are");
    return Number(value);
  }

  #text(at: number, length: number): string {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(this.#bytes.subarray(at, at + length));
  }
}

function missing64(): never {
  throw new TypeError("a 64-bit size is missing");
}

/**
 * Refuses a name that, unpacked, would lead somewhere else, here or on Windows. Colons and backslashes alone lead nowhere: the
 * names of PyTorch's files are in those of their entries.
 */
function refuseName(name: string): void {
  const leadsOut = name.split(/[/\\]/).includes("..") || /^([/\\]|[a-z]:\\)/i.test(name);
  if (!leadsOut && !name.includes("\0") && name !== "") return;
  throw new TypeError(`the name ${quoted(name)} leads out of its folder`);
}

/**
 * Looks whether an archive that ends in `tail` has its end, before all of it is read.
 *
 * @throws {UsageError} naming `source` if it has not
 */
export function checkZipEnd(tail: Uint8Array, source: string): void {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) === END) return;
  }
  throw new UsageError(`${source} is not a usable zip archive: ${NO_END}.`);
}
