/**
 * Writes one generation: records in the order they arrive, in chunks whose boundaries depend on nothing else.
 *
 * @module
 */
import { join } from "@std/path";
import type { View } from "../../data/augmentation.ts";
import { RunError } from "../../errors.ts";
import type { Disk } from "../../disk/disk.ts";
import { readWholeFile, writeFileAtomically } from "../../disk/files.ts";
import { sha256 } from "../../format/sha256.ts";
import {
  CHUNK_HEADER_BYTES,
  CHUNK_RECORDS,
  chunkBytes,
  encodeChunkHeader,
} from "../chunk/chunk.ts";
import type { Codec } from "../chunk/codec.ts";
import { saidShape } from "./image_shape.ts";
import { chunkFile, manifestFile } from "../layout.ts";
import type { Locations } from "../index/locations.ts";
import { encodeManifest, type Manifest, type ManifestChunk, MEMORY_VERSION } from "./manifest.ts";
import { encodeRecord, recordBytes } from "../chunk/record.ts";

/** What a generation is made of, before any example. */
export interface GenerationShape {
  readonly epoch: number;
  readonly codec: Codec;
  readonly epsilon: number;
  readonly imageCount: number;
  /** SHA-256 of the training images and labels. */
  readonly dataSha256: string;
}

/** A manifest that has been written and waits to be committed. */
export interface SealedManifest {
  readonly file: string;
  readonly sha256: string;
  readonly manifest: Manifest;
}

/**
 * Collects records in RAM (one chunk being filled, one on its way to the disk) and writes each full chunk
 * in the background. An error of such a write is thrown by the next call.
 */
export class GenerationWriter {
  /** Where every record written so far will be found. */
  readonly locations: Locations;
  readonly #folder: string;
  readonly #shape: GenerationShape;
  readonly #disk: Disk;
  readonly #recordBytes: number;
  /** Those that are on the disk, or on their way. */
  #chunks: Promise<ManifestChunk>[] = [];
  #buffer: Uint8Array<ArrayBuffer>;
  #buffered = 0;
  /** The other buffer, which the last chunk of `#chunks` may still be in. */
  #spare: Uint8Array<ArrayBuffer>;

  /** @param folder the generation's folder, which exists */
  constructor(folder: string, shape: GenerationShape, locations: Locations, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
    this.#shape = shape;
    this.#recordBytes = recordBytes(shape.codec);
    this.#buffer = this.#emptyBuffer();
    this.#spare = this.#emptyBuffer();
    this.locations = locations;
  }

  /**
   * Goes on where `manifest` stopped: its short last chunk is taken back into RAM, so that the chunks become
   * those of a run that never stopped.
   *
   * @throws {RunError} if that chunk is not the one of the manifest
   */
  async resume(manifest: Manifest): Promise<void> {
    const last = manifest.chunks.at(-1);
    this.#chunks = manifest.chunks.map((chunk) => Promise.resolve(chunk));
    if (last === undefined || last.records === CHUNK_RECORDS) return;
    const path = join(this.#folder, last.file);
    const bytes = await readWholeFile(path);
    if (sha256(bytes) !== last.sha256) {
      throw new RunError(
        `${path} does not match its manifest: restore the run folder from a copy or train again`,
      );
    }
    this.#chunks.pop();
    this.#buffer.set(bytes);
    this.#buffered = last.records;
  }

  /** Appends one example; see {@linkcode encodeRecord}. Calls must not overlap. */
  async append(index: number, view: View, delta: Float32Array): Promise<void> {
    // Before anything changes, so that a failed write is thrown by every later call.
    if (this.#buffered === CHUNK_RECORDS - 1) await this.#chunks.at(-1);
    const start = CHUNK_HEADER_BYTES + this.#buffered * this.#recordBytes;
    const record = this.#buffer.subarray(start, start + this.#recordBytes);
    encodeRecord(this.#shape.codec, index, view, delta, record);
    this.locations.set(index, this.#chunks.length, this.#buffered);
    this.#buffered++;
    if (this.#buffered < CHUNK_RECORDS) return;
    const chunk = this.#writeBuffer(undefined);
    // Awaited by the next chunk or the commit; until then a failure must not count as unhandled.
    chunk.catch(() => {});
    this.#chunks.push(chunk);
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
    this.#buffered = 0;
  }

  /**
   * Puts everything written so far on the disk with a manifest that lists it. What an earlier call wrote
   * is left as it was.
   *
   * @param complete whether the epoch has ended
   */
  async seal(complete: boolean): Promise<SealedManifest> {
    const chunks = await Promise.all(this.#chunks);
    if (this.#buffered > 0) {
      chunks.push(await this.#writeBuffer(complete ? undefined : this.#buffered));
    }
    const { epoch, codec, epsilon, imageCount, dataSha256 } = this.#shape;
    const records = chunks.reduce((sum, chunk) => sum + chunk.records, 0);
    const manifest: Manifest = {
      format: "memloss-memory",
      version: MEMORY_VERSION,
      epoch,
      complete,
      codec: codec.name,
      epsilon,
      images: imageCount,
      dataSha256,
      records,
      chunks,
      index: this.locations.digest(),
      ...saidShape(codec.shape),
    };
    const file = manifestFile(complete ? undefined : records);
    const bytes = encodeManifest(manifest);
    await writeFileAtomically(join(this.#folder, file), bytes, this.#disk);
    return { file, sha256: sha256(bytes), manifest };
  }

  /** Waits for a write in the background; what became of it no longer matters. */
  async abandon(): Promise<void> {
    await this.#chunks.at(-1)?.catch(() => {});
  }

  #emptyBuffer(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(chunkBytes(this.#shape.codec, CHUNK_RECORDS));
  }

  /** Writes the chunk in the buffer, which must be left alone until then. */
  async #writeBuffer(partialRecords: number | undefined): Promise<ManifestChunk> {
    const number = this.#chunks.length, records = this.#buffered;
    this.#buffer.set(encodeChunkHeader({ ...this.#shape, number, records }));
    const bytes = this.#buffer.subarray(0, chunkBytes(this.#shape.codec, records));
    const file = chunkFile(number, partialRecords);
    const digest = digestAside(bytes);
    await writeFileAtomically(join(this.#folder, file), bytes, this.#disk);
    return { file, records, sha256: await digest };
  }
}

/** Off this thread: a chunk takes 10 ms. */
async function digestAside(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
