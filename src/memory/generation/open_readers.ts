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
import type { LocationIndex } from "../index/location_index.ts";
import type { Locations } from "../index/locations.ts";
import { ReadBudget } from "./read_budget.ts";
import { scanLocations } from "../index/scan.ts";

/** Opens each generation once, and shares the budget among them. */
export class OpenReaders {
  readonly #directory: string;
  readonly #codec: Codec;
  readonly #index: LocationIndex | undefined;
  readonly #budget: ReadBudget;
  readonly #readers = new Map<number, Promise<GenerationReader>>();

  /**
   * @param index knows the locations; without it the chunks are searched for them
   * @param budget bytes of chunks that may be held in RAM
   */
  constructor(
    directory: string,
    codec: Codec,
    index: LocationIndex | undefined,
    budget: number,
  ) {
    this.#directory = directory;
    this.#codec = codec;
    this.#index = index;
    this.#budget = new ReadBudget(budget);
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

  /** Where the examples of a generation lie. Throws a `RunError` if that is damaged. */
  locations({ entry, manifest }: Generation): Promise<Locations> {
    return this.#index
      ? this.#index.readPages(entry, manifest.images, manifest.index)
      : scanLocations(join(this.#directory, generationFolder(entry.epoch)), manifest);
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
    const locations = await this.locations(generation);
    const { manifest } = generation;
    return new GenerationReader(folder, manifest, this.#codec, locations, this.#budget);
  }
}
