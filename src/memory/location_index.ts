/**
 * The index in Deno KV: the store's settings, the pages of locations, and the one value that says what is current.
 *
 * Keys: `["store"]`, `["current"]`, `["location", epoch, commit, page]`. A page belongs to the commit that
 * wrote it, so pages of a commit that never happened can not be taken for others.
 *
 * @module
 */
import * as v from "valibot";
import { RunError } from "../errors.ts";
import { describeIoError } from "../format/files.ts";
import { codecNumbers } from "./codec.ts";
import { Locations, PAGE_BYTES } from "./locations.ts";
import { digestSchema } from "./manifest.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const settingsSchema = v.strictObject({
  version: v.literal(1),
  codec: v.picklist(Object.keys(codecNumbers) as (keyof typeof codecNumbers)[]),
  epsilon: v.number(),
  imageCount: count,
});
type StoredSettings = v.InferOutput<typeof settingsSchema>;

const generationSchema = v.strictObject({
  epoch: count,
  /** The commit under which its pages are filed. */
  commit: count,
  /** Name and digest of its manifest. */
  manifest: v.string(),
  sha256: digestSchema,
});
/** A generation as the index points at it. */
export type CommittedGeneration = v.InferOutput<typeof generationSchema>;

const commitSchema = v.pipe(
  v.strictObject({
    /** Counts the commits of this store from 1. */
    commit: count,
    epoch: count,
    step: count,
    checkpoint: v.string(),
    /** Includes that of `epoch`. */
    generations: v.array(generationSchema),
  }),
  v.check(({ epoch, generations }) => generations.some((entry) => entry.epoch === epoch)),
);
/** Everything that became current together. */
export type Commit = v.InferOutput<typeof commitSchema>;

/** Deno KV takes 800 KiB and 1,000 mutations in one transaction. */
const PAGES_PER_TRANSACTION = 64;
const DELETIONS_PER_TRANSACTION = 500;

/** An open `index.kv`. Every method throws a {@linkcode RunError} naming the file when it cannot be read or written. */
export class LocationIndex {
  readonly #kv: Deno.Kv;
  readonly #path: string;
  /** The version of `["current"]` this process read or wrote last. */
  #versionstamp: string | null = null;

  private constructor(kv: Deno.Kv, path: string) {
    this.#kv = kv;
    this.#path = path;
  }

  /** Opens or creates the file at the absolute `path`. */
  static async open(path: string): Promise<LocationIndex> {
    return new LocationIndex(await attempt(path, () => Deno.openKv(path)), path);
  }

  /** The settings, or undefined in a new file. */
  settings(): Promise<StoredSettings | undefined> {
    return this.#value(["store"], settingsSchema);
  }

  /** Writes the settings of a new store. */
  async create({ codec, epsilon, imageCount }: Omit<StoredSettings, "version">): Promise<void> {
    const settings: StoredSettings = { version: 1, codec, epsilon, imageCount };
    await this.#attempt(() => this.#kv.set(["store"], settings));
  }

  /** The last commit, or undefined before the first. */
  current(): Promise<Commit | undefined> {
    return this.#value(["current"], commitSchema, (versionstamp) => {
      this.#versionstamp = versionstamp;
    });
  }

  /** Files `locations` of `epoch` under `commit`: invisible until that commit is published. */
  async writePages(epoch: number, commit: number, locations: Locations): Promise<void> {
    for (let first = 0; first < locations.pageCount; first += PAGES_PER_TRANSACTION) {
      const end = Math.min(first + PAGES_PER_TRANSACTION, locations.pageCount);
      const transaction = this.#kv.atomic();
      for (let page = first; page < end; page++) {
        transaction.set(["location", epoch, commit, page], locations.page(page));
      }
      await this.#attempt(() => transaction.commit());
    }
  }

  /** The locations of `generation` as they were committed, of which the digest must be `digest`. */
  async readPages(
    generation: CommittedGeneration,
    imageCount: number,
    digest: string,
  ): Promise<Locations> {
    const locations = new Locations(imageCount);
    const prefix = ["location", generation.epoch, generation.commit];
    await this.#attempt(async () => {
      for await (const { key, value } of this.#kv.list<Uint8Array>({ prefix })) {
        const page = Number(key[3]);
        if (page < locations.pageCount && value.length === PAGE_BYTES) {
          locations.page(page).set(value);
        }
      }
    });
    if (locations.digest() === digest) return locations;
    throw new RunError(
      `${this.#path} is damaged (the locations of epoch ${generation.epoch} do not match their manifest): restore the run folder from a copy or train again`,
    );
  }

  /** Makes `commit` current in one transaction. */
  async publish(commit: Commit): Promise<void> {
    const transaction = this.#kv.atomic()
      .check({ key: ["current"], versionstamp: this.#versionstamp })
      .set(["current"], commit);
    const result = await this.#attempt(() => transaction.commit());
    if (!result.ok) {
      throw new RunError(`${this.#path} was changed by another process: stop it first`);
    }
    this.#versionstamp = result.versionstamp;
  }

  /** Removes the pages that `commit` does not point at. */
  async removeStalePages(commit: Commit | undefined): Promise<void> {
    const live = new Set(commit?.generations.map(({ epoch, commit }) => `${epoch}/${commit}`));
    const stale: Deno.KvKey[] = [];
    await this.#attempt(async () => {
      for await (const { key } of this.#kv.list({ prefix: ["location"] })) {
        if (!live.has(`${Number(key[1])}/${Number(key[2])}`)) stale.push(key);
      }
    });
    for (let first = 0; first < stale.length; first += DELETIONS_PER_TRANSACTION) {
      const transaction = this.#kv.atomic();
      for (const key of stale.slice(first, first + DELETIONS_PER_TRANSACTION)) {
        transaction.delete(key);
      }
      await this.#attempt(() => transaction.commit());
    }
  }

  close(): void {
    this.#kv.close();
  }

  async #value<Schema extends v.GenericSchema>(
    key: Deno.KvKey,
    schema: Schema,
    onVersion?: (versionstamp: string | null) => void,
  ): Promise<v.InferOutput<Schema> | undefined> {
    const entry = await this.#attempt(() => this.#kv.get(key));
    onVersion?.(entry.versionstamp);
    if (entry.value === null) return undefined;
    const result = v.safeParse(schema, entry.value);
    if (result.success) return result.output;
    throw new RunError(`${this.#path} holds no index of version 1: restore it from a copy`);
  }

  #attempt<T>(action: () => Promise<T>): Promise<T> {
    return attempt(this.#path, action);
  }
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new RunError(`could not use the memory index ${path}: ${describeIoError(error)}`, {
      cause: error,
    });
  }
}
