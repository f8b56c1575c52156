/**
 * A run's folder: one writer at a time, never overwritten, its checkpoints behind the links `last` and `best`.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError, UsageError } from "../errors.ts";
import { syncDirectory } from "../disk/disk.ts";
import {
  createDirectory,
  describeIoError,
  readWholeFile,
  removeTemporaries,
  removeTree,
  temporaryOf,
  temporaryPath,
  writeFileAtomically,
} from "../disk/files.ts";
import { ioError } from "../disk/failure.ts";
import { decodeRunRecord, encodeRunRecord, type RunRecord } from "./run_record.ts";
import { RunLock } from "./run_lock.ts";

const RECIPE_FILE = "recipe.json";
const LOCK_FILE = "run.lock";
const CHECKPOINTS = "checkpoints", REPORTS = "eval";
const CHECKPOINT = /^epoch-(\d+)(?:\.step-(\d+))?\.safetensors$/;
/** What earlier versions left of a link that was being made. */
const TORN_LINK = /^(?:best|last)\.tmp$/;
/** Files that are written under a temporary name first. */
const RUN_FILES = [RECIPE_FILE, "metrics.jsonl", "metrics.csv"];

/** The names by which a checkpoint is asked for. */
export const CHECKPOINT_LINKS = ["best", "last"] as const;
/** One of {@linkcode CHECKPOINT_LINKS}. */
export type CheckpointLink = typeof CHECKPOINT_LINKS[number];

/** Where `directory` says how its run was started. */
export function recipePath(directory: string): string {
  return join(directory, RECIPE_FILE);
}

/** The path of the checkpoint `name` of the run in `directory`. */
export function checkpointPath(directory: string, name: string): string {
  return join(directory, CHECKPOINTS, name);
}

/**
 * Reads how the run in `directory` was started.
 *
 * @throws {UsageError} if it is not a run folder
 */
export async function readRunRecord(directory: string): Promise<RunRecord> {
  const path = recipePath(directory);
  try {
    await Deno.stat(path);
  } catch {
    throw new UsageError(`${directory} is not a run folder: it has no ${RECIPE_FILE}.`);
  }
  return decodeRunRecord(new TextDecoder().decode(await readWholeFile(path)), path);
}

/**
 * The file name that `link` stands for in `directory`, or undefined if there is none.
 */
export async function readCheckpointLink(
  directory: string,
  link: CheckpointLink,
): Promise<string | undefined> {
  try {
    const name = await Deno.readLink(checkpointPath(directory, link));
    await Deno.stat(checkpointPath(directory, name));
    return name;
  } catch {
    return undefined;
  }
}

/**
 * Removes what killed processes left of files that they were writing in the run's folder `directory`, which nobody else
 * may have open for training.
 *
 * @throws {RunError} if one cannot be removed
 */
export async function removeLeftovers(directory: string): Promise<void> {
  await removeTemporaries(directory, (name) => RUN_FILES.includes(name));
  // An evaluation needs no lock and writes its report in an instant.
  const reports = join(directory, REPORTS);
  await removeTemporaries(reports, (name) => name.endsWith(".json"), { age: 60_000 });
}

/** A run's folder, open for writing by this process alone. */
export class RunFolder {
  readonly directory: string;
  readonly record: RunRecord;
  readonly #lock: RunLock;

  private constructor(directory: string, record: RunRecord, lock: RunLock) {
    this.directory = directory;
    this.record = record;
    this.#lock = lock;
  }

  /**
   * Makes the folder of a new run.
   *
   * @throws {UsageError} if `directory` exists and is not empty
   */
  static async create(directory: string, record: RunRecord): Promise<RunFolder> {
    await refuseUsed(directory);
    await createDirectory(directory);
    const lock = await RunLock.acquire(directory);
    try {
      await refuseUsed(directory); // again, now that nobody else can fill it
      await removeLeftovers(directory);
      const text = new TextEncoder().encode(encodeRunRecord(record));
      await writeFileAtomically(recipePath(directory), text);
      await createDirectory(join(directory, CHECKPOINTS));
    } catch (error) {
      await lock.release();
      throw error;
    }
    return new RunFolder(directory, record, lock);
  }

  /**
   * Opens the folder of a run that is to go on.
   *
   * @throws {UsageError} if it is not a run folder, or another process has it open
   */
  static async open(directory: string): Promise<RunFolder> {
    await readRunRecord(directory); // before the lock file is made in a folder that is none of ours
    const lock = await RunLock.acquire(directory);
    try {
      await removeLeftovers(directory);
      await createDirectory(join(directory, CHECKPOINTS)); // missing if the run was killed at its very start
      return new RunFolder(directory, await readRunRecord(directory), lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Where the memory lives. */
  get memoryDirectory(): string {
    return join(this.directory, "memory");
  }

  /** The checkpoint that `last` stands for; the newest one where the link is lost, as it is in some copies. */
  async last(): Promise<string | undefined> {
    return await readCheckpointLink(this.directory, "last") ?? await this.#newest();
  }

  /** The path of the checkpoint called `name`. */
  checkpointPath(name: string): string {
    return checkpointPath(this.directory, name);
  }

  /**
   * Points `last` and `best` at the given checkpoints and removes all others; files that are none of the run's stay.
   * Also the repair after a crash, which can leave links behind the memory's index, or checkpoints that nothing
   * points at.
   */
  async settle(names: { last: string; best: string | undefined }): Promise<void> {
    const folder = join(this.directory, CHECKPOINTS);
    for (const link of CHECKPOINT_LINKS) {
      const target = names[link];
      if (target === undefined) continue;
      const path = join(folder, link), temporary = temporaryPath(path);
      try {
        await Deno.symlink(target, temporary);
        await Deno.rename(temporary, path);
      } catch (error) {
        await Deno.remove(temporary).catch(() => {}); // there only if it could not be renamed
        throw ioError(`Could not make the link ${path}`, error);
      }
    }
    await syncDirectory(folder);
    for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(folder))) {
      const stray = CHECKPOINT.test(name) && name !== names.last && name !== names.best;
      if (!isDirectory && (stray || TORN_LINK.test(name))) await removeTree(join(folder, name));
    }
    const links: readonly string[] = CHECKPOINT_LINKS;
    await removeTemporaries(folder, (name) => CHECKPOINT.test(name) || links.includes(name));
  }

  /** Every checkpoint is whole: whichever got furthest can be continued. */
  async #newest(): Promise<string | undefined> {
    let newest: { name: string; epoch: number; step: number } | undefined;
    for await (const { name } of Deno.readDir(join(this.directory, CHECKPOINTS))) {
      const match = CHECKPOINT.exec(name);
      if (match === null) continue;
      const epoch = Number(match[1]), step = Number(match[2] ?? Infinity);
      const further = newest === undefined || epoch > newest.epoch ||
        epoch === newest.epoch && step > newest.step;
      if (further) newest = { name, epoch, step };
    }
    return newest?.name;
  }

  /** Lets the next process in. */
  async close(): Promise<void> {
    await this.#lock.release();
  }
}

/** A folder with nothing but a lock and a torn recipe in it was left by a run that never began. */
async function refuseUsed(directory: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(directory)) {
      if (name === LOCK_FILE || temporaryOf(name) === RECIPE_FILE) continue;
      throw new UsageError(
        `${directory} is not empty: choose another --run-dir, or continue the run in it with --resume.`,
      );
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof UsageError) throw error;
    if (error instanceof Deno.errors.NotADirectory) {
      throw new UsageError(`${directory} is a file, or lies in one: choose another --run-dir.`);
    }
    throw new RunError(`Could not read ${directory}: ${describeIoError(error)}`, { cause: error });
  }
}
