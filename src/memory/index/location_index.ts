/**
 * The index in Deno KV, in a file or behind a KV Connect address: the pages of locations, and the one value that says
 * what is current.
 *
 * Keys: `["current"]`, `["location", epoch, commit, page]`, and with a service `["run"]`. A page belongs to the commit that wrote it, so pages
 * of a commit that never happened can not be taken for others. The database has no checksums of its own: the
 * current value carries a digest, and that of the pages is in their generation's manifest.
 *
 * @module
 */
import { dirname } from "@std/path";
import { RunError } from "../../errors.ts";
import { DISK, type Disk } from "../../disk/disk.ts";
import { StorageError } from "../../disk/failure.ts";
import {
  type Commit,
  type CommittedGeneration,
  type Current,
  decodeCurrent,
  encodeCurrent,
} from "../current.ts";
import { describeDatabaseFault } from "../../disk/database_check.ts";
import { TemporaryError } from "../../disk/temporary_database.ts";
import { rebuildAdvice } from "../layout.ts";
import { indexFailure, isRemote } from "./failure.ts";
import { Locations, PAGE_BYTES } from "./locations.ts";

/** Milliseconds after which a service that does not answer is given up; Deno KV would ask for ever. */
const PATIENCE = 30_000;

/** Deno KV takes 800 KiB and 1,000 mutations in one transaction. */
const PAGES_PER_TRANSACTION = 64;
const DELETIONS_PER_TRANSACTION = 500;

/** What to do about a damaged index: a file lies in the folder of its memory. */
function advice(place: string): string {
  const command = isRemote(place)
    ? "memloss memory verify --rebuild"
    : rebuildAdvice(dirname(place));
  return `restore it from a copy or with ${command}`;
}

/** An open index. Every method throws a {@linkcode RunError} naming its place when it cannot be read or written. */
export class LocationIndex {
  readonly #kv: Deno.Kv;
  readonly #place: string;
  readonly #disk: Disk;
  /** For a service only. */
  readonly #patience: number | undefined;
  /** The version of `["current"]` this process read or wrote last. */
  #versionstamp: string | null = null;

  private constructor(kv: Deno.Kv, place: string, disk: Disk, patience: number) {
    this.#kv = kv;
    this.#place = place;
    this.#disk = disk;
    this.#patience = isRemote(place) ? patience : undefined;
  }

  /**
   * Opens or creates the file at the absolute path `place`, or connects to the service there.
   *
   * @param patience milliseconds until a service that does not answer is given up
   */
  static async open(
    place: string,
    disk: Disk = DISK,
    patience: number = PATIENCE,
  ): Promise<LocationIndex> {
    return new LocationIndex(await openDatabase(place, place), place, disk, patience);
  }

  /** Opens the temporary copy at `path` of the index at `original`, which errors name. */
  static async openCopy(path: string, original: string): Promise<LocationIndex> {
    try {
      return new LocationIndex(await openDatabase(path, original), original, DISK, PATIENCE);
    } catch (error) {
      throw error instanceof StorageError ? new TemporaryError(error.cause ?? error) : error;
    }
  }

  /**
   * Takes a service's database for the run `id`, unless it is that run's already.
   *
   * @throws {RunError} if it is another run's, or holds something else
   */
  async claim(id: string): Promise<void> {
    if (!await this.isFree(id)) return;
    const free = { key: ["run"], versionstamp: null };
    const transaction = this.#kv.atomic().check(free).set(["run"], id);
    if (!(await this.#attempt(() => this.#disk.commit(transaction))).ok) throw this.#inUse();
  }

  /**
   * Whether a service's database is still nobody's, and not that of the run `id`.
   *
   * @throws {RunError} if it is another run's, or holds something else
   */
  async isFree(id: string): Promise<boolean> {
    const { value } = await this.#attempt(() => this.#kv.get(["run"]));
    if (value === id) return false;
    const first = await this.#attempt(() => this.#kv.list({ prefix: [] }, { limit: 1 }).next());
    if (value !== null || !first.done) throw this.#inUse();
    return true;
  }

  #inUse(): RunError {
    return new RunError(
      `The database at ${this.#place} is in use by something else: give this run one of its own`,
    );
  }

  /** What is current, or undefined in a new file. */
  async current(): Promise<Current | undefined> {
    const { value, versionstamp } = await this.#attempt(() => this.#kv.get(["current"]));
    this.#versionstamp = versionstamp;
    if (value === null) return undefined;
    const current = value instanceof Uint8Array ? decodeCurrent(value) : undefined;
    if (current !== undefined) return current;
    throw new RunError(
      `${this.#place} is damaged (what is current is unreadable): ${advice(this.#place)}`,
    );
  }

  /** Files `locations` of `epoch` under `commit`: invisible until that commit is published. */
  async writePages(epoch: number, commit: number, locations: Locations): Promise<void> {
    for (let first = 0; first < locations.pageCount; first += PAGES_PER_TRANSACTION) {
      const end = Math.min(first + PAGES_PER_TRANSACTION, locations.pageCount);
      const transaction = this.#transaction();
      for (let page = first; page < end; page++) {
        transaction.set(["location", epoch, commit, page], locations.page(page));
      }
      await this.#commit(transaction);
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
      `${this.#place} is damaged (the locations of epoch ${generation.epoch} do not match their manifest): ${
        advice(this.#place)
      }`,
    );
  }

  /** Replaces what is current in one transaction. */
  async publish(current: Current): Promise<void> {
    const transaction = this.#transaction().set(["current"], encodeCurrent(current));
    this.#versionstamp = await this.#commit(transaction);
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
      const transaction = this.#transaction();
      for (const key of stale.slice(first, first + DELETIONS_PER_TRANSACTION)) {
        transaction.delete(key);
      }
      await this.#commit(transaction);
    }
  }

  close(): void {
    this.#kv.close();
  }

  /** A change that only takes place if what is current is what this process believes. */
  #transaction(): Deno.AtomicOperation {
    return this.#kv.atomic().check({ key: ["current"], versionstamp: this.#versionstamp });
  }

  /** The versionstamp of the change. */
  async #commit(transaction: Deno.AtomicOperation): Promise<string> {
    const result = await this.#attempt(() => this.#disk.commit(transaction));
    if (result.ok) return result.versionstamp;
    throw new RunError(`${this.#place} was changed by another process: stop it first`);
  }

  #attempt<T>(action: () => Promise<T>): Promise<T> {
    return attempt(this.#place, () => withPatience(action(), this.#patience));
  }
}

async function openDatabase(path: string, named: string): Promise<Deno.Kv> {
  if (Deno.openKv === undefined) {
    throw new RunError("The memory's index is a Deno KV database: run Deno with --unstable-kv.");
  }
  const fault = isRemote(path) ? undefined : await describeDatabaseFault(path);
  if (fault !== undefined) throw new RunError(`${named} is damaged (${fault}): ${advice(named)}`);
  return await attempt(named, () => Deno.openKv(path));
}

async function withPatience<T>(work: Promise<T>, milliseconds: number | undefined): Promise<T> {
  if (milliseconds === undefined) return await work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const given = new Promise<never>((_, reject) => {
    const error = new Error(`it did not answer for ${milliseconds / 1000} s`);
    timer = setTimeout(() => reject(error), milliseconds);
  });
  try {
    return await Promise.race([work, given]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // closing the index ends it
  }
}

async function attempt<T>(place: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw indexFailure(place, error);
  }
}
