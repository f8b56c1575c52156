/**
 * Compressed bytes, unpacked as far as somebody asks for them: what explodes is left packed.
 *
 * @module
 */

/** Packed bytes that are unpacked at a time: what comes out of them is at most a thousand times as much. */
const PIECE = 2 ** 14;

/** No deflated byte stands for more than this many. */
const LARGEST_RATIO = 1032;

/** Reads deflated bytes from front to back. What is not there, or damaged, throws a `TypeError`. */
export class Inflater {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #packed: number;
  /** What was unpacked and not yet taken. */
  #chunk = new Uint8Array();

  /** @param form with zlib's header and checksum, unless they are as zip archives have them */
  constructor(packed: Uint8Array, form: "deflate" | "deflate-raw" = "deflate") {
    let at = 0;
    const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        controller.enqueue(packed.slice(at, at += PIECE));
        if (at >= packed.length) controller.close();
      },
    }, { highWaterMark: 0 });
    this.#packed = packed.length;
    this.#reader = source.pipeThrough(new DecompressionStream(form)).getReader();
  }

  /** The next `length` bytes. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > LARGEST_RATIO * this.#packed) {
      throw new TypeError("it claims more bytes than can be packed in it");
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      if (this.#chunk.length === 0 && !await this.#next()) throw new TypeError("it was cut short");
      const part = this.#chunk.subarray(0, length - done);
      bytes.set(part, done);
      done += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    return bytes;
  }

  /** Reads on to the end and the checksum. Throws a `TypeError` if anything is left. */
  async end(): Promise<void> {
    while (this.#chunk.length === 0) if (!await this.#next()) return;
    throw new TypeError("it holds more than it says");
  }

  /** Leaves the rest packed. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {}); // which may have failed already
  }

  async #next(): Promise<boolean> {
    try {
      const { value, done } = await this.#reader.read();
      if (!done) this.#chunk = value as Uint8Array<ArrayBuffer>;
      return !done;
    } catch {
      throw new TypeError("what is packed in it is damaged");
    }
  }
}
