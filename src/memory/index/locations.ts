/**
 * Where in a generation each image's example lies: chunk and record by training index.
 *
 * @module
 */
import { sha256 } from "../../format/sha256.ts";

/** Images whose locations share one value of the index. */
const PAGE_IMAGES = 1024;
/** Bytes of a page: chunk u32 and record u32 for each image, little-endian. */
export const PAGE_BYTES = 8 * PAGE_IMAGES;

const ABSENT = 0xffffffff;

/** A table of `imageCount` locations, all absent at first. */
export class Locations {
  /** Chunk and record alternate; padded to whole pages. */
  readonly #words: Uint32Array<ArrayBuffer>;

  constructor(imageCount: number) {
    this.#words = new Uint32Array(Math.ceil(imageCount / PAGE_IMAGES) * PAGE_IMAGES * 2);
    this.#words.fill(ABSENT);
  }

  /** How many pages hold the table. */
  get pageCount(): number {
    return this.#words.byteLength / PAGE_BYTES;
  }

  /** Whether `image` has a location; an image beyond the table has none. */
  has(image: number): boolean {
    return (this.#words[2 * image] ?? ABSENT) !== ABSENT;
  }

  /** The chunk that holds `image`, which must be present. */
  chunk(image: number): number {
    return this.#words[2 * image]!;
  }

  /** The record in its chunk that holds `image`, which must be present. */
  record(image: number): number {
    return this.#words[2 * image + 1]!;
  }

  /** The image that lies in record `record` of chunk `chunk`, or undefined. */
  imageAt(chunk: number, record: number): number | undefined {
    for (let image = 0; 2 * image < this.#words.length; image++) {
      if (this.chunk(image) === chunk && this.record(image) === record) return image;
    }
    return undefined;
  }

  set(image: number, chunk: number, record: number): void {
    this.#words[2 * image] = chunk;
    this.#words[2 * image + 1] = record;
  }

  /** The bytes of page `number`, shared with the table: fill them to load it. */
  page(number: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#words.buffer, number * PAGE_BYTES, PAGE_BYTES);
  }

  /** SHA-256 of all pages, hexadecimal. */
  digest(): string {
    return sha256(new Uint8Array(this.#words.buffer));
  }
}
