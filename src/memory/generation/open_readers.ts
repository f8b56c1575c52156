/**
 * The generations that a store has open for reading.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError } from "../../errors.ts";
import type { Codec } from "../chunk/codec.ts";
import type { Generation } from "../committed.ts";
import { GenerationReader } from "./reader.ts";
import { generationFolder } from "../layout.ts";
import { Locations } from "../index/locations.ts";
import type { LocationIndex } from "../index/location_index.ts";
import { ReadBudget } from "./read_budget.ts";
import { scanLocations } from "../index/scan.ts";

/** Opens each generation once, and shares the budget among them. */
export class OpenReaders {
  readonly #directory: string;
  readonly #codec: Codec;
  readonly #index: LocationIndex | undefined;
  readonly #budget: ReadBudget;
  readonly #ahead: boolean;
  readonly #readers = new Map<number, Promise<GenerationReader>>();

  /**
   * @param index knows the locations; without it the chunks are searched for them
   * @param budget bytes of chunks that may be held in RAM
   * @param ahead whether somebody else may remove files: a generation's are opened all at once then
   */
  constructor(
    directory: string,
    codec: Codec,
    index: LocationIndex | undefined,
    budget: number,
    ahead: boolean,
  ) {
    this.#directory = directory;
    this.#codec = codec;
    this.#index = index;
    this.#budget = new ReadBudget(budget);
    this.#ahead = ahead;
  }

  /** The reader of `epoch`, which is `generation`. Throws a `RunError` if there is none or it cannot be read. */
  get(epoch: number, generation: Generation | undefined): Promise<GenerationReader> {
    let reader = this.#readers.get(epoch);
    if (reader === undefined) {
      reader = this.#open(epoch, generation);
      this.#readers.set(epoch, reader);
    }
    return reader;
  }

  /** Closes the readers of some epochs. */
  async close(which: (epoch: number) => boolean): Promise<void> {
    for (const [epoch, reader] of this.#readers) {
      if (!which(epoch)) continue;
      this.#readers.delete(epoch);
      // One that could not be opened has told its caller and has nothing to close.
      await reader.then((opened) => opened.close(), () => {});
    }
  }

  async #open(epoch: number, generation: Generation | undefined): Promise<GenerationReader> {
    const folder = join(this.#directory, generationFolder(epoch));
    if (generation === undefined) {
      throw new RunError(`There is no committed ${folder}: resume from an epoch that has one`);
    }
    const { entry, manifest } = generation;
    const reader = new GenerationReader(folder, manifest, this.#codec, this.#budget);
    try {
      if (this.#ahead) reader.openChunks();
      if (manifest.records === 0) {
        reader.locations = new Locations(0); // however many images it could be of
      } else if (this.#index === undefined) {
        const read = (number: number) => reader.bytes(number);
        reader.locations = await scanLocations(folder, manifest, read);
      } else {
        reader.locations = await this.#index.readPages(entry, manifest.images, manifest.index);
      }
      return reader;
    } catch (error) {
      reader.close();
      throw error;
    }
  }
}
