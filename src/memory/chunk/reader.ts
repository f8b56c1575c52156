/**
 * Positional reads from chunk files.
 *
 * @module
 */
import type { View } from "../../data/augmentation.ts";
import { RunError } from "../../errors.ts";
import { ioError } from "../../disk/failure.ts";
import { refuseSpecialSync } from "../../disk/regular.ts";
import { CHUNK_HEADER_BYTES, chunkBytes, type ChunkHeader, describeHeaderFault } from "./chunk.ts";
import { decodeRecord, recordBytes } from "./record.ts";

const ADVICE = "restore the run folder from a copy or train again";

/**
 * An open chunk file, held in RAM or not. Reads are synchronous: a record is a few KB and nearly always in the page cache.
 */
export class ChunkReader {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #header: ChunkHeader;
  readonly #record: Uint8Array<ArrayBuffer>;
  /** The whole file, once it is held. */
  #held: Uint8Array<ArrayBuffer> | undefined;

  /**
   * Opens the file at `path`.
   *
   * @throws {RunError} if it cannot be read (a `StorageError` if that says nothing about it) or does not begin with
   *   `header`
   */
  constructor(path: string, header: ChunkHeader) {
    this.#path = path;
    this.#header = header;
    this.#record = new Uint8Array(recordBytes(header.codec));
    refuseSpecialSync(path);
    try {
      this.#file = Deno.openSync(path);
    } catch (error) {
      throw ioError(`Could not read ${path}`, error, ADVICE);
    }
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES);
    let fault: string | undefined;
    try {
      fault = describeHeaderFault(bytes.subarray(0, this.#readAt(0, bytes)), header);
    } catch (error) {
      this.#file.close();
      throw error;
    }
    if (fault === undefined) return;
    this.#file.close();
    throw new RunError(`${path} is not usable (${fault}): ${ADVICE}`);
  }

  /** Bytes that {@linkcode hold} needs. */
  get size(): number {
    return chunkBytes(this.#header.codec, this.#header.records);
  }

  /** Whether the file is in RAM. */
  get held(): boolean {
    return this.#held !== undefined;
  }

  /** Reads the whole file, to read records from RAM from now on. Throws a `RunError` if it cannot be read. */
  hold(): void {
    this.#held = this.bytes();
  }

  /** What the file holds, as far as it belongs to the chunk. Throws a `RunError` if it cannot be read. */
  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    return bytes.subarray(0, this.#readAt(0, bytes));
  }

  /**
   * Decodes record `number`, which must hold image `index`, to `delta` (one image's values).
   *
   * @returns the view it was made under
   * @throws {RunError} naming file and record if it is cut short, damaged or another image's
   */
  read(number: number, index: number, delta: Float32Array): View {
    const record = this.#find(number);
    const view = record && decodeRecord(this.#header.codec, index, record, delta);
    if (view !== undefined) return view;
    const fault = record ? "does not match its checksum" : "is cut short";
    throw new RunError(`Record ${number} of ${this.#path} (image ${index}) ${fault}: ${ADVICE}`);
  }

  close(): void {
    this.#file.close();
  }

  /** The bytes of record `number`, valid until the next call; undefined if the file ends before theirs. */
  #find(number: number): Uint8Array | undefined {
    const size = this.#record.length;
    const start = CHUNK_HEADER_BYTES + number * size;
    if (this.#held) {
      return start + size <= this.#held.length
        ? this.#held.subarray(start, start + size)
        : undefined;
    }
    return this.#readAt(start, this.#record) === size ? this.#record : undefined;
  }

  /** Fills `bytes` from `position`; returns how many there were. */
  #readAt(position: number, bytes: Uint8Array): number {
    try {
      this.#file.seekSync(position, Deno.SeekMode.Start);
      let length = 0;
      while (length < bytes.length) {
        const read = this.#file.readSync(bytes.subarray(length));
        if (read === null) break;
        length += read;
      }
      return length;
    } catch (error) {
      throw ioError(`Could not read ${this.#path}`, error);
    }
  }
}
