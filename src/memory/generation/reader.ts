/**
 * Reads one committed generation by training index.
 *
 * @module
 */
import { join } from "@std/path";
import { IDENTITY_VIEW, type View } from "../../data/augmentation.ts";
import { valuesPerImage } from "../../data/dataset.ts";
import { RunError } from "../../errors.ts";
import { StorageError } from "../../disk/failure.ts";
import { readBeginning } from "../../disk/files.ts";
import { CHUNK_RECORDS, chunkBytes } from "../chunk/chunk.ts";
import { ChunkReader } from "../chunk/reader.ts";
import type { Codec } from "../chunk/codec.ts";
import type { DamagedExample } from "../options.ts";
import type { Locations } from "../index/locations.ts";
import type { Manifest } from "./manifest.ts";
import type { ReadBudget } from "./read_budget.ts";

/** More open files than CIFAR's 49 chunks need, fewer than any system's limit. */
const MAX_OPEN_CHUNKS = 64;
/** Chunks that one batch may bring into RAM: its time stays that of a batch. */
const CHUNKS_HELD_PER_READ = 1;

/** Memory examples of a batch of B images. */
export interface MemoryBatch {
  /** B flags: 1 where the image has an example. */
  readonly present: Uint8Array;
  /** B views the examples were made under; the identity where there is none. */
  readonly views: View[];
  /** B perturbations, NHWC, in the frame of their view; 0 where there is none. */
  readonly deltas: Float32Array;
}

/** A generation whose manifest has been read; its chunks are opened as they are needed. */
export class GenerationReader {
  /** Where its examples lie: to be set before one is read. */
  locations!: Locations;
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #codec: Codec;
  readonly #budget: ReadBudget;
  /** In the order of their last use. */
  readonly #open = new Map<number, ChunkReader>();

  constructor(
    folder: string,
    manifest: Manifest,
    codec: Codec,
    budget: ReadBudget,
  ) {
    this.#budget = budget;
    this.#folder = folder;
    this.#manifest = manifest;
    this.#codec = codec;
  }

  /**
   * Opens as many chunks as may be open, so that a commit that removes their files takes nothing away. One that cannot be
   * opened is left to those who read it. The last comes first: a chunk that is not full is replaced soonest.
   */
  openChunks(): void {
    const { length } = this.#manifest.chunks;
    for (let number = length - 1; number >= Math.max(0, length - MAX_OPEN_CHUNKS); number--) {
      try {
        this.#chunk(number);
      } catch (error) {
        if (!(error instanceof RunError)) throw error;
      }
    }
  }

  /** The bytes of chunk `number` as far as they belong to it, header or not. Throws a `RunError` if they cannot be read. */
  async bytes(number: number): Promise<Uint8Array<ArrayBuffer>> {
    const open = this.#open.get(number);
    if (open !== undefined) return open.bytes();
    const { file, records } = this.#manifest.chunks[number]!;
    return await readBeginning(join(this.#folder, file), chunkBytes(this.#codec, records));
  }

  /**
   * The examples of the images `ids`.
   *
   * @param onDamage is told of an example that is damaged, which then counts as absent
   * @throws {RunError} when one is damaged and nobody is to be told, or the disk would not read
   */
  read(ids: Uint32Array, onDamage?: (damaged: DamagedExample) => void): MemoryBatch {
    const values = valuesPerImage(this.#codec.shape);
    const batch = {
      present: new Uint8Array(ids.length),
      views: new Array<View>(ids.length).fill(IDENTITY_VIEW),
      deltas: new Float32Array(ids.length * values),
    };
    let holdable = CHUNKS_HELD_PER_READ;
    ids.forEach((id, row) => {
      if (!this.locations.has(id)) return;
      const delta = batch.deltas.subarray(row * values, (row + 1) * values);
      try {
        const chunk = this.#chunk(this.locations.chunk(id));
        if (holdable > 0 && this.#hold(chunk)) holdable--;
        batch.views[row] = chunk.read(this.locations.record(id), id, delta);
        batch.present[row] = 1;
      } catch (error) {
        // What cannot be read now may be whole: it is no example to go without.
        const damaged = error instanceof RunError && !(error instanceof StorageError);
        if (!damaged || onDamage === undefined) throw error;
        onDamage({ image: id, fault: error.message });
      }
    });
    return batch;
  }

  /** The images that have an example, in the order in which they were written. */
  images(): Uint32Array {
    const { locations } = this;
    const place = (image: number) =>
      locations.chunk(image) * CHUNK_RECORDS + locations.record(image);
    const found = new Uint32Array(this.#manifest.records);
    let n = 0;
    for (let image = 0; n < found.length && image < this.#manifest.images; image++) {
      if (locations.has(image)) found[n++] = image;
    }
    return found.subarray(0, n).sort((a, b) => place(a) - place(b));
  }

  close(): void {
    for (const chunk of this.#open.values()) this.#close(chunk);
    this.#open.clear();
  }

  /** Brings `chunk` into RAM if it is not there and fits. */
  #hold(chunk: ChunkReader): boolean {
    if (chunk.held || !this.#budget.take(chunk.size)) return false;
    try {
      chunk.hold();
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      this.#budget.give(chunk.size); // its records may still be readable one by one
    }
    return true;
  }

  #close(chunk: ChunkReader): void {
    if (chunk.held) this.#budget.give(chunk.size);
    chunk.close();
  }

  #chunk(number: number): ChunkReader {
    let reader = this.#open.get(number);
    this.#open.delete(number);
    if (reader === undefined) {
      const { file, records } = this.#manifest.chunks[number]!;
      const { epoch, epsilon, dataSha256 } = this.#manifest;
      const header = { codec: this.#codec, epsilon, epoch, number, records, dataSha256 };
      reader = new ChunkReader(join(this.#folder, file), header);
      if (this.#open.size === MAX_OPEN_CHUNKS) {
        const [oldest, idle] = this.#open.entries().next().value!;
        this.#close(idle);
        this.#open.delete(oldest);
      }
    }
    this.#open.set(number, reader);
    return reader;
  }
}
