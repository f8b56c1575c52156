/**
 * The memory: adversarial examples of earlier epochs, looked up by training index.
 *
 * A folder holds one generation of chunk files for each epoch kept, and an index in Deno KV. A generation is
 * invisible until {@linkcode MemoryStore.commit}, which makes it, and the checkpoint it belongs to, current
 * in one transaction; a process killed at any moment leaves the last commit whole.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import type { View } from "../data/augmentation.ts";
import { valuesPerImage } from "../data/dataset.ts";
import { RunError } from "../errors.ts";
import { DISK, type Disk } from "../disk/disk.ts";
import { createDirectory } from "../disk/files.ts";
import { refuseLink } from "../disk/regular.ts";
import { checkPerturbations, type Codec, createCodec } from "./chunk/codec.ts";
import { type CommitRequest, nextCommit, type Pointer, pointerOf } from "./commit.ts";
import { type Generation, ownedFiles } from "./committed.ts";
import type { Commit, MemorySettings } from "./current.ts";
import type { DamagedExample } from "./options.ts";
import type { GenerationReader, MemoryBatch } from "./generation/reader.ts";
import { GenerationWriter } from "./generation/writer.ts";
import { generationFolder, removeUnwanted } from "./layout.ts";
import type { LocationIndex } from "./index/location_index.ts";
import { Locations } from "./index/locations.ts";
import type { Manifest } from "./generation/manifest.ts";
import { OpenReaders } from "./generation/open_readers.ts";
import {
  type OpenedMemory,
  openForReading,
  openForWriting,
  showCurrent,
  type StoreOptions,
} from "./opening.ts";

export type { DamagedExample, MemoryBatch, MemorySettings };

/** RAM for the batches and chunks on their way, locations, and what the garbage collector has not come to. */
const WORKING_BYTES = 64 * 2 ** 20;

/** An open memory folder: one writer, or readers. */
export class MemoryStore {
  /** What all its examples have in common. */
  readonly settings: MemorySettings;
  readonly #directory: string;
  readonly #codec: Codec;
  readonly #writable: boolean;
  readonly #index: LocationIndex | undefined;
  readonly #disk: Disk;
  readonly #readers: OpenReaders;
  #commit: Commit | undefined;
  #generations: Map<number, Generation>;
  #writing: { readonly epoch: number; readonly writer: GenerationWriter } | undefined;

  private constructor(opened: OpenedMemory, disk: Disk, budget: number) {
    this.settings = opened.settings;
    const { codec, epsilon, shape } = opened.settings;
    this.#directory = opened.directory;
    this.#codec = createCodec(codec, epsilon, shape);
    this.#index = opened.index;
    this.#writable = opened.writable;
    this.#disk = disk;
    const forChunks = Math.max(0, budget - WORKING_BYTES);
    const ahead = !opened.writable;
    this.#readers = new OpenReaders(this.#directory, this.#codec, this.#index, forChunks, ahead);
    this.#commit = opened.commit;
    this.#generations = opened.generations;
  }

  /**
   * Opens the memory in `directory` for reading and writing, creating it if there is none, and removes what
   * a killed process left behind there. The caller sees to it that there is one writer at a time.
   *
   * @throws {UsageError} if the folder holds a memory with other settings or of other images, or generations
   *   without an index
   * @throws {RunError} if what was committed is damaged; nothing is removed then
   */
  static async open(
    directory: string,
    settings: MemorySettings,
    { budget = 0, disk = DISK, ...rest }: StoreOptions = {},
  ): Promise<MemoryStore> {
    const opened = await openForWriting(resolve(directory), settings, disk, rest);
    return new MemoryStore(opened, disk, budget);
  }

  /**
   * Opens the memory in `directory` for reading, with the settings it was made with. Needs no permission to write,
   * and neither waits for a writer nor keeps one waiting.
   *
   * @param remote address of the KV Connect service that has the index; without it the index is not looked at
   * @throws {UsageError} if there is no memory
   * @throws {RunError} if what was committed is damaged
   */
  static async openReadOnly(directory: string, remote?: string): Promise<MemoryStore> {
    return new MemoryStore(await openForReading(resolve(directory), remote), DISK, 0);
  }

  /** What the last commit points at, or undefined before the first. */
  current(): Pointer | undefined {
    return this.#commit && pointerOf(this.#commit, this.#generations);
  }

  /**
   * Starts the generation of `epoch`, or continues it where the last commit left it incomplete.
   *
   * @throws {RunError} if the committed part cannot be read back
   */
  async begin(epoch: number): Promise<void> {
    const committed = this.#generations.get(epoch);
    const current = this.current();
    if (this.#writing !== undefined || committed?.manifest.complete) {
      throw new Error(
        `generation ${epoch} cannot begin: ${this.#writing ? "one is open" : "done"}`,
      );
    }
    if (current?.complete === false && current.epoch !== epoch) {
      throw new Error(`generation ${epoch} cannot begin before ${current.epoch} is complete`);
    }
    if (!this.#writable) throw new Error("the memory is open for reading only");
    const { epsilon, imageCount, dataSha256 } = this.settings;
    const folder = join(this.#directory, generationFolder(epoch));
    await refuseLink(folder);
    await createDirectory(folder, this.#disk);
    const locations = committed === undefined
      ? new Locations(imageCount)
      : await this.#index!.readPages(committed.entry, imageCount, committed.manifest.index);
    const common = { epoch, codec: this.#codec, epsilon, imageCount, dataSha256 };
    const writer = new GenerationWriter(folder, common, locations, this.#disk);
    if (committed !== undefined) await writer.resume(committed.manifest);
    this.#writing = { epoch, writer };
  }

  /**
   * Adds the examples of a batch of B images to the generation begun. Calls must not overlap.
   *
   * @param ids B training indices, none of them written before in this epoch
   * @param views B views the examples were made under
   * @param deltas B perturbations `x' − x`, NHWC, in the frame of their view
   * @throws {RunError} if a value is not finite or leaves the ε-ball by more than 1e-6 (nothing of the batch
   *   is written), if an image comes twice, or if the disk fails
   */
  async write(ids: Uint32Array, views: readonly View[], deltas: Float32Array): Promise<void> {
    const { epoch, writer } = this.#writer();
    const values = valuesPerImage(this.settings.shape);
    if (views.length !== ids.length || deltas.length !== ids.length * values) {
      throw new RangeError(`${ids.length} ids, ${views.length} views, ${deltas.length} values`);
    }
    checkPerturbations(ids, deltas, this.settings.epsilon);
    for (const [row, id] of ids.entries()) {
      if (id >= this.settings.imageCount) {
        throw new RangeError(`image ${id} of ${this.settings.imageCount}`);
      }
      if (writer.locations.has(id)) {
        throw new RunError(`Image ${id} came twice in epoch ${epoch}: its memory stays as it was`);
      }
      const delta = deltas.subarray(row * values, (row + 1) * values);
      await writer.append(id, views[row]!, delta);
    }
  }

  /** Whether the last commit holds a generation of `epoch`. */
  has(epoch: number): boolean {
    return this.#generations.has(epoch);
  }

  /**
   * The committed examples of `epoch` for the images `ids`, as the codec gives them back.
   *
   * @param onDamage is told of an example that is damaged, which then counts as absent
   * @throws {RunError} naming chunk and record if one is damaged and nobody is to be told, or if there is no such
   *   generation
   */
  async read(
    epoch: number,
    ids: Uint32Array,
    onDamage?: (damaged: DamagedExample) => void,
  ): Promise<MemoryBatch> {
    return (await this.#reader(epoch)).read(ids, onDamage);
  }

  /**
   * Makes everything written so far current, together with `checkpoint`, then removes the generations that
   * are not kept. If it throws before that, the previous commit is still current and whole.
   *
   * @throws {RunError} if the disk fails
   */
  async commit(request: CommitRequest): Promise<void> {
    const { epoch, complete } = request;
    const { epoch: begun, writer } = this.#writer();
    const index = this.#index!; // which whoever writes has
    if (begun !== epoch) {
      throw new Error(`commit of epoch ${epoch} while ${begun} is being written`);
    }
    const sealed = await writer.seal(complete);
    const number = (this.#commit?.commit ?? 0) + 1;
    await index.writePages(epoch, number, writer.locations);

    const { commit, generations } = nextCommit(request, number, this.#generations, sealed);
    const current = { settings: this.settings, commit };
    await index.publish(current);

    this.#commit = commit;
    this.#generations = generations;
    if (complete) this.#writing = undefined;
    await this.#readers.close((old) => old === epoch || !generations.has(old));
    await showCurrent(this.#directory, current, this.#disk);
    await removeUnwanted(this.#directory, ownedFiles(generations), this.#disk);
    await index.removeStalePages(commit);
  }

  /** What the last commit says of the generation of `epoch`, which it must hold. */
  manifest(epoch: number): Manifest {
    return this.#generations.get(epoch)!.manifest;
  }

  /** SHA-256 of the manifest of `epoch`, which the last commit must hold: equal examples in equal order have equal ones. */
  digest(epoch: number): string {
    return this.#generations.get(epoch)!.entry.sha256;
  }

  /** The images that `epoch` has committed examples of, in the order in which they were written. Throws as {@linkcode read} does. */
  async images(epoch: number): Promise<Uint32Array> {
    return (await this.#reader(epoch)).images();
  }

  /** Lets go of what reading `epoch` has opened and holds in RAM, until it is read again. */
  async release(epoch: number): Promise<void> {
    await this.#readers.close((open) => open === epoch);
  }

  /** Closes all files. What was written since the last commit is lost, as in a crash. */
  async close(): Promise<void> {
    await this.#writing?.writer.abandon();
    await this.#readers.close(() => true);
    this.#index?.close();
  }

  #writer(): { readonly epoch: number; readonly writer: GenerationWriter } {
    if (this.#writing === undefined) throw new Error("no generation has begun");
    return this.#writing;
  }

  #reader(epoch: number): Promise<GenerationReader> {
    return this.#readers.get(epoch, this.#generations.get(epoch));
  }
}
