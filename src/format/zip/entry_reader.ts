/**
 * One entry of a zip archive, read from front to back, whether it is stored or deflated.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { Inflater } from "./inflate.ts";

/** What the archive's directory says of an entry. */
interface Claim {
  /** Bytes, unpacked. */
  readonly size: number;
  /** CRC-32 of them. */
  readonly checksum: number;
  readonly deflated: boolean;
}

/** Bytes that the checksum takes at a time. */
const PIECE = 2 ** 28;

/** Gives bytes as long as there are some. What is damaged, or claims more than can be in it, throws a `TypeError`. */
export class EntryReader {
  /** Bytes that it claims to have left. */
  left: number;
  readonly #content: Uint8Array;
  readonly #claim: Claim;
  readonly #inflater: Inflater | undefined;
  #checksum = 0;

  /** @param content its bytes as they lie in the archive */
  constructor(content: Uint8Array, claim: Claim) {
    this.#content = content;
    this.#claim = claim;
    this.#inflater = claim.deflated ? new Inflater(content, "deflate-raw") : undefined;
    this.left = claim.size;
  }

  /** The next `length` bytes, which are the archive's own where they are stored. */
  async take(length: number): Promise<Uint8Array> {
    if (length > this.left) throw new TypeError("it was cut short");
    const at = this.#claim.size - this.left;
    const bytes = this.#inflater
      ? await this.#inflater.take(length)
      : this.#content.subarray(at, at + length);
    this.left -= length;
    for (let from = 0; from < length; from += PIECE) {
      this.#checksum = crc32(bytes.subarray(from, from + PIECE), this.#checksum);
    }
    return bytes;
  }

  /** Makes sure that nothing is left and that the checksum is that of all. */
  async end(): Promise<void> {
    if (this.left > 0) throw new TypeError("it holds more than it says");
    await this.#inflater?.end();
    if (this.#checksum !== this.#claim.checksum) throw new TypeError("its checksum is another");
  }

  /** Leaves the rest packed. */
  async cancel(): Promise<void> {
    await this.#inflater?.cancel();
  }
}
