/**
 * A run's folder: one writer at a time, never overwritten, its checkpoints behind the links `last` and `best`.
 *
 * @module
 */
import { join } from "@std/path";
import {
  createDirectory,
  listFolder,
  readWholeFile,
  removeTemporaries,
  writeFileAtomically,
} from "../../disk/files.ts";
import { ioError } from "../../disk/failure.ts";
import { exists } from "../../disk/regular.ts";
import { sha256 } from "../../format/sha256.ts";
import { removeEmptyMemory } from "../../memory/empty.ts";
import {
  CHECKPOINT_LINKS,
  checkpointFolder,
  checkpointPath,
  findCheckpoint,
  type FoundCheckpoint,
  isCheckpointName,
  readCommittedCheckpoints,
  RECORD_FILE,
  writeCommitted,
} from "../checkpoints.ts";
import { type KnownDigests, withEpoch } from "../checkpoint/epoch_digests.ts";
import { pointLink, TORN_LINK } from "../checkpoint/link.ts";
import { encodeRunRecord, type RunRecord } from "../run_record.ts";
import { readRunRecord, RECIPE_FILE, recipePath, removeLeftovers, RUN_FILES } from "./files.ts";
import { RunLock } from "./run_lock.ts";
import { refuseUsed } from "./unused.ts";
import { memoryFolder } from "../../memory/layout.ts";

/** Names in the folder of checkpoints that are written under a temporary name first, beside those of checkpoints. */
const NAMED: readonly string[] = [...CHECKPOINT_LINKS, RECORD_FILE];

/** A run's folder, open for writing by this process alone. */
export class RunFolder {
  /** Where it is. */
  readonly directory: string;
  #record: RunRecord;
  #isNew: boolean;
  readonly #lock: RunLock;

  private constructor(directory: string, record: RunRecord, isNew: boolean, lock: RunLock) {
    this.directory = directory;
    this.#record = record;
    this.#isNew = isNew;
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
    return await RunFolder.#locked(directory, true, async () => {
      await refuseUsed(directory); // again, now that nobody else can fill it
      try {
        await writeRecord(directory, record);
        await prepareFolders(directory);
      } catch (error) {
        // Of an empty folder, so it is this start's; the first error says more than a second one.
        await Deno.remove(recipePath(directory)).catch(() => {});
        throw error;
      }
      return record;
    });
  }

  /**
   * Opens the folder of a run that is to go on.
   *
   * @throws {UsageError} if it is not a run folder, or another process has it open
   */
  static async open(directory: string): Promise<RunFolder> {
    await readRunRecord(directory); // before the lock file is made in a folder that is none of ours
    return await RunFolder.#locked(directory, false, async () => {
      await prepareFolders(directory); // incomplete if the run was killed at its very start
      return await readRunRecord(directory);
    });
  }

  /** The folder, locked before `prepare` gives its record. */
  static async #locked(
    directory: string,
    isNew: boolean,
    prepare: () => Promise<RunRecord>,
  ): Promise<RunFolder> {
    const lock = await RunLock.acquire(directory);
    try {
      return new RunFolder(directory, await prepare(), isNew, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** How the run was started, as it is written down. */
  get record(): RunRecord {
    return this.#record;
  }

  /** Whether it was made now, and holds nothing yet that is worth keeping. */
  get isNew(): boolean {
    return this.#isNew;
  }

  /** Says that it holds something worth keeping, whatever fails from now on. */
  keep(): void {
    this.#isNew = false;
  }

  /** Where the memory lives. */
  get memoryDirectory(): string {
    return memoryFolder(this.directory);
  }

  /** The checkpoint that the run stands at, see {@linkcode findCheckpoint}. */
  last(): Promise<FoundCheckpoint | undefined> {
    return findCheckpoint(this.directory, "last");
  }

  /** The path of the checkpoint called `name`. */
  checkpointPath(name: string): string {
    return checkpointPath(this.directory, name);
  }

  /**
   * Commits the given checkpoints, points the links at them where the file system has links, and removes all others; files
   * that are none of the run's stay. Also the repair after a crash, which can leave the record behind the memory's index, or
   * checkpoints that nothing names.
   *
   * @param names the file of each, and its digest where that is known
   * @param digests what is known of the last one beside that
   */
  async settle(
    names: { last: FoundCheckpoint; best: string | undefined },
    digests: KnownDigests = {},
  ): Promise<void> {
    const folder = checkpointFolder(this.directory);
    const before = await readCommittedCheckpoints(this.directory);
    const known = [names.last, before?.best, before?.last];
    const digest = async (name: string) =>
      known.find((each) => each?.name === name)?.sha256 ??
        sha256(await readWholeFile(this.checkpointPath(name)));
    const { name } = names.last;
    const last = { name, sha256: await digest(name) };
    // A copy may have lost the best checkpoint of a run: it goes on without.
    const best = names.best !== undefined && await isFile(this.checkpointPath(names.best))
      ? { name: names.best, sha256: await digest(names.best) }
      : undefined;
    const path = this.checkpointPath(name);
    const epochs = await withEpoch(before?.epochs ?? [], last, path, digests);
    await writeCommitted(this.directory, {
      last,
      ...best && { best },
      ...epochs.length > 0 && { epochs },
    });
    await pointLink(folder, "last", last.name);
    if (best) await pointLink(folder, "best", best.name);
    for (const { name, isDirectory } of await listFolder(folder)) {
      const stray = isCheckpointName(name) && name !== last.name && name !== best?.name;
      if (!isDirectory && (stray || TORN_LINK.test(name))) await removeFile(join(folder, name));
    }
    await removeTemporaries(folder, (name) => isCheckpointName(name) || NAMED.includes(name));
  }

  /**
   * Takes back what a start has made that failed before its first step, file by file, so that the same start can be made
   * again. Nobody else's file goes, and whatever is not as a start leaves it stays.
   *
   * @throws {RunError} if the disk fails
   */
  async withdraw(): Promise<void> {
    await removeEmptyMemory(this.memoryDirectory);
    for (const name of RUN_FILES.filter((each) => each !== RECIPE_FILE)) {
      if (await exists(join(this.directory, name))) await removeFile(join(this.directory, name));
    }
    await Deno.remove(checkpointFolder(this.directory)).catch(() => {}); // only if it is empty
    await removeFile(recipePath(this.directory));
  }

  /**
   * Writes down what has become of the run since it was begun: that it is to have more epochs, or which helper it has trained.
   *
   * @throws {RunError} if the disk fails
   */
  async amend(changes: Partial<RunRecord>): Promise<void> {
    const { recipe, ...rest } = { ...this.#record, ...changes };
    this.#record = { ...rest, recipe };
    await writeRecord(this.directory, this.#record);
  }

  /** Lets the next process in. */
  async close(): Promise<void> {
    await this.#lock.release();
  }
}

async function writeRecord(directory: string, record: RunRecord): Promise<void> {
  const text = new TextEncoder().encode(encodeRunRecord(record));
  await writeFileAtomically(recipePath(directory), text);
}

/** What is in a run's folder beside its record, as it is before the first step. */
async function prepareFolders(directory: string): Promise<void> {
  await removeLeftovers(directory);
  await createDirectory(checkpointFolder(directory));
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    throw ioError(`Could not remove ${path}`, error);
  }
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
