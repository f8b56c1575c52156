/**
 * Bits of a JPEG scan and the codes in them.
 *
 * @module
 */

/** Bits that one look finds a code by; longer codes are rare. */
const LOOK = 9;

/** Codes of 1 to 16 bits, each for a byte. */
export class HuffmanTable {
  /** By the next {@linkcode LOOK} bits: length · 256 + value, 0 for a longer code. */
  readonly short: Uint16Array = new Uint16Array(1 << LOOK);
  /** The first code that is longer than each length, as 16 bits. */
  readonly ends: Int32Array = new Int32Array(18);
  /** What a code's number is more than its value's place, by length. */
  readonly offsets: Int32Array = new Int32Array(17);
  readonly values: Uint8Array;

  /**
   * @param counts how many codes have 1, 2, … 16 bits
   * @throws {TypeError} if there are more codes than such bits can have
   */
  constructor(counts: Uint8Array, values: Uint8Array) {
    this.values = values;
    for (let length = 1, code = 0, place = 0; length <= 16; length++, code <<= 1) {
      this.offsets[length] = code - place;
      for (let i = 0; i < counts[length - 1]!; i++, code++, place++) {
        if (length > LOOK) continue;
        const first = code << (LOOK - length), more = 1 << (LOOK - length);
        this.short.fill(length << 8 | values[place]!, first, first + more);
      }
      if (code > 1 << length) throw new TypeError("a Huffman table has too many codes");
      this.ends[length] = code << (16 - length);
    }
    this.ends[17] = 1 << 16;
  }
}

/** Reads the bits of a scan, up to the next marker. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #bits = 0;
  #count = 0;
  /** Zeros among the bits that stand for what is behind the end. */
  #made = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Where the next marker is, once all bits before it are read. */
  get position(): number {
    return this.#at;
  }

  #fill(): void {
    const bytes = this.#bytes;
    while (this.#count <= 16) {
      let byte = bytes[this.#at] ?? 0;
      if (this.#at >= bytes.length || byte === 0xff && bytes[this.#at + 1] !== 0) {
        byte = 0;
        this.#made += 8;
      } else this.#at += byte === 0xff ? 2 : 1;
      this.#bits = (this.#bits << 8 | byte) & 0xffffff;
      this.#count += 8;
    }
  }

  #take(count: number): void {
    this.#count -= count;
    if (this.#count < this.#made) throw new TypeError("it ends early, or is damaged");
  }

  /** The next `count` bits, 0 to 16, as a number. */
  bits(count: number): number {
    if (count === 0) return 0;
    if (this.#count < count) this.#fill();
    const value = this.#bits >> (this.#count - count) & (1 << count) - 1;
    this.#take(count);
    return value;
  }

  /** A signed number of `size` bits: those that begin with 0 are negative. */
  signed(size: number): number {
    if (size === 0) return 0;
    const value = this.bits(size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  /** The byte that the next code stands for. */
  decode(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const next = this.#bits >> (this.#count - 16) & 0xffff;
    const found = table.short[next >> (16 - LOOK)]!;
    if (found !== 0) {
      this.#take(found >> 8);
      return found & 0xff;
    }
    let length = LOOK + 1;
    while (next >= table.ends[length]!) length++;
    if (length > 16) throw new TypeError("it has a code that there is not");
    this.#take(length);
    return table.values[(next >> (16 - length)) - table.offsets[length]!]!;
  }

  /** Goes on behind the marker of a restart, which must come next. */
  restart(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf8) !== 0xd0) {
      throw new TypeError("it is damaged: a restart is missing");
    }
    this.#at = at + 2;
    this.#bits = this.#count = this.#made = 0;
  }
}
