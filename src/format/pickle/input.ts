/**
 * The bytes of a pickle, read from front to back, and nothing behind them.
 *
 * @module
 */

/** Bytes of the longest integer: a longer one would be made to cost time. */
const LONGEST_INTEGER = 256;

/** Bytes of the longest text: Python 3 writes arrays as text in protocols that have no bytes. */
const LONGEST_TEXT = 2 ** 28;

/** A place in bytes. Reading beyond their end throws a `TypeError`. */
export class PickleInput {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /** @param position where to begin */
  constructor(bytes: Uint8Array, position = 0) {
    this.position = position;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** Eight bytes that count something. */
  size(): number {
    const value = this.#view.getBigUint64(this.#skip(8), true);
    if (value > Number.MAX_SAFE_INTEGER) throw new TypeError("it claims more bytes than it has");
    return Number(value);
  }

  /** Big-endian, as pickles alone of all this have it. */
  float64(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }

  /** A two's complement of `length` bytes. */
  integer(length: number): number | bigint {
    if (length > LONGEST_INTEGER) throw new TypeError(`an integer has ${length} bytes`);
    let value = 0n;
    const bytes = this.take(length);
    for (let i = length - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[i]!);
    return plain(BigInt.asIntN(8 * length, value));
  }

  /** UTF-8 of `length` bytes; a lone surrogate, which Python would pass, is refused. */
  text(length: number): string {
    if (length > LONGEST_TEXT) throw new TypeError(`a text has ${length} bytes`);
    return this.#utf8.decode(this.take(length));
  }

  /** `length` bytes as characters of their own. */
  latin1(length: number): string {
    const bytes = this.take(length);
    let text = "";
    for (let i = 0; i < length; i += 4096) {
      text += String.fromCharCode(...bytes.subarray(i, i + 4096));
    }
    return text;
  }

  /** The text up to the next line's end, which is read too. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new TypeError("it ends within a line");
    const line = this.text(end - this.position);
    this.position++;
    return line;
  }

  /** {@linkcode line} in the way that Python calls raw-unicode-escape: a byte for each character up to ÿ. */
  escapedLine(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new TypeError("it ends within a line");
    const line = this.latin1(end - this.position);
    this.position++;
    return line.replace(
      /\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/g,
      (_, short, long) => String.fromCodePoint(parseInt(short ?? long, 16)),
    );
  }

  /** The next `length` bytes, where they are. */
  take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  #skip(length: number): number {
    const start = this.position;
    if (length > this.#bytes.length - start) throw new TypeError("it was cut short");
    this.position += length;
    return start;
  }
}

/** `value` as a number if it is one exactly. */
export function plain(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value;
}
