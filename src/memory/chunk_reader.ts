/**
 * Positional reads from chunk files.
 *
 * @module
 */
import type { View } from "../data/augmentation.ts";
import { RunError } from "../errors.ts";
import { describeIoError } from "../format/files.ts";
import { CHUNK_HEADER_BYTES, type ChunkHeader, describeHeaderFault } from "./chunk.ts";
import { decodeRecord, recordBytes } from "./record.ts";

const ADVICE = "restore the run folder from a copy or train again";

/** An open chunk file. Reads are synchronous: a record is 3 KB and nearly always in the page cache. */
export class ChunkReader {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #header: ChunkHeader;
  readonly #record: Uint8Array<ArrayBuffer>;

  /**
   * Opens the file at `path`.
   *
   * @throws {RunError} if it cannot be read or does not begin with `header`
   */
  constructor(path: string, header: ChunkHeader) {
    this.#path = path;
    this.#header = header;
    this.#record = new Uint8Array(recordBytes(header.codec));
    try {
      this.#file = Deno.openSync(path);
    } catch (error) {
      throw new RunError(`could not read ${path} (${describeIoError(error)}): ${ADVICE}`, {
        cause: error,
      });
    }
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES);
    const fault = describeHeaderFault(bytes.subarray(0, this.#readAt(0, bytes)), header);
    if (fault === undefined) return;
    this.#file.close();
    throw new RunError(`${path} is not usable (${fault}): ${ADVICE}`);
  }

  /**
   * Decodes record `number`, which must hold image `index`, to `delta` (3,072 values).
   *
   * @returns the view it was made under
   * @throws {RunError} naming file and record if it is cut short, damaged or another image's
   */
  read(number: number, index: number, delta: Float32Array): View {
    const size = this.#record.length;
    const length = this.#readAt(CHUNK_HEADER_BYTES + number * size, this.#record);
    const view = length === size
      ? decodeRecord(this.#header.codec, index, this.#record, delta)
      : undefined;
    if (view !== undefined) return view;
    const fault = length === size ? "does not match its checksum" : "is cut short";
    throw new RunError(`record ${number} of ${this.#path} (image ${index}) ${fault}: ${ADVICE}`);
  }

  close(): void {
    this.#file.close();
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
      throw new RunError(`could not read ${this.#path}: ${describeIoError(error)}`, {
        cause: error,
      });
    }
  }
}
