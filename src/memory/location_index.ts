/**
 * The index in Deno KV: the pages of locations, and the one value that says what is current.
 *
 * Keys: `["current"]`, `["location", epoch, commit, page]`. A page belongs to the commit that wrote it, so pages
 * of a commit that never happened can not be taken for others. The database has no checksums of its own: the
 * current value carries a digest, and that of the pages is in their generation's manifest.
 *
 * @module
 */
import { RunError } from "../errors.ts";
import { DISK, type Disk } from "../format/disk.ts";
import { describeIoError } from "../format/files.ts";
import {
  type Commit,
  type CommittedGeneration,
  type Current,
  decodeCurrent,
  encodeCurrent,
} from "./current.ts";
import { describeDatabaseFault } from "./database_check.ts";
import { Locations, PAGE_BYTES } from "./locations.ts";

const ADVICE = "restore it from a copy or with memloss memory verify --rebuild";

/** Deno KV takes 800 KiB and 1,000 mutations in one transaction. */
const PAGES_PER_TRANSACTION = 64;
const DELETIONS_PER_TRANSACTION = 500;

/** An open `index.kv`. Every method throws a {@linkcode RunError} naming the file when it cannot be read or written. */
export class LocationIndex {
  readonly #kv: Deno.Kv;
  readonly #path: string;
  readonly #disk: Disk;
  /** The version of `["current"]` this process read or wrote last. */
  #versionstamp: string | null = null;

  private constructor(kv: Deno.Kv, path: string, disk: Disk) {
    this.#kv = kv;
    this.#path = path;
    this.#disk = disk;
  }

  /** Opens or creates the file at the absolute `path`. */
  static async open(path: string, disk: Disk = DISK): Promise<LocationIndex> {
    return new LocationIndex(await openDatabase(path, path), path, disk);
  }

  /** Opens the copy at `path` of the index at `original`, which errors name. */
  static async openCopy(path: string, original: string): Promise<LocationIndex> {
    return new LocationIndex(await openDatabase(path, original), original, DISK);
  }

  /** What is current, or undefined in a new file. */
  async current(): Promise<Current | undefined> {
    const { value, versionstamp } = await this.#attempt(() => this.#kv.get(["current"]));
    this.#versionstamp = versionstamp;
    if (value === null) return undefined;
    const current = value instanceof Uint8Array ? decodeCurrent(value) : undefined;
    if (current !== undefined) return current;
    throw new RunError(`${this.#path} is damaged (what is current is unreadable): ${ADVICE}`);
  }

  /** Files `locations` of `epoch` under `commit`: invisible until that commit is published. */
  async writePages(epoch: number, commit: number, locations: Locations): Promise<void> {
    for (let first = 0; first < locations.pageCount; first += PAGES_PER_TRANSACTION) {
      const end = Math.min(first + PAGES_PER_TRANSACTION, locations.pageCount);
      const transaction = this.#kv.atomic();
      for (let page = first; page < end; page++) {
        transaction.set(["location", epoch, commit, page], locations.page(page));
      }
      await this.#attempt(() => this.#disk.commit(transaction));
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
        if (
          page < locations.pageCount && value instanceof Uint8Array && value.length === PAGE_BYTES
        ) {
          locations.page(page).set(value);
        }
      }
    });
    if (locations.digest() === digest) return locations;
    throw new RunError(
      `${this.#path} is damaged (the locations of epoch ${generation.epoch} do not match their manifest): ${ADVICE}`,
    );
  }

  /** Replaces what is current in one transaction. */
  async publish(current: Current): Promise<void> {
    const transaction = this.#kv.atomic()
      .check({ key: ["current"], versionstamp: this.#versionstamp })
      .set(["current"], encodeCurrent(current));
    const result = await this.#attempt(() => this.#disk.commit(transaction));
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
      await this.#attempt(() => this.#disk.commit(transaction));
    }
  }

  close(): void {
    this.#kv.close();
  }

  #attempt<T>(action: () => Promise<T>): Promise<T> {
    return attempt(this.#path, action);
  }
}

async function openDatabase(path: string, named: string): Promise<Deno.Kv> {
  const fault = await describeDatabaseFault(path);
  if (fault !== undefined) throw new RunError(`${named} is damaged (${fault}): ${ADVICE}`);
  return await attempt(named, () => Deno.openKv(path));
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
