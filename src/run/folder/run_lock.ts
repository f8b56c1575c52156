/**
 * One writer for each run folder.
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../../errors.ts";
import { ioError } from "../../disk/failure.ts";
import { refuseForeign } from "../../disk/regular.ts";

/** Its name in the run's folder. */
export const LOCK_FILE = "run.lock";
const ATTEMPTS = 4;
const ATTEMPT_MILLISECONDS = 20;
/** A disk's, or somebody's share of it. */
const FULL = ["ENOSPC", "EDQUOT"];

/**
 * An exclusive advisory lock of the operating system on `RUN_DIR/run.lock`.
 *
 * The system drops it with its owner, however that one ends, so a killed run never has to be unlocked by
 * hand. The file itself stays: removing it would let two processes lock two different files of that name.
 */
export class RunLock {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Locks the existing folder `runDirectory` for this process.
   *
   * @throws {UsageError} if another process holds it
   * @throws {RunError} if the lock file cannot be made or written, but for want of room, or something else lies in its place
   */
  static async acquire(runDirectory: string): Promise<RunLock> {
    const path = join(runDirectory, LOCK_FILE);
    await refuseForeign(path);
    let file: Deno.FsFile | undefined;
    try {
      file = await Deno.open(path, { read: true, write: true, create: true });
      if (await lockPatiently(file)) {
        await file.truncate();
        await sayOwner(file);
        return new RunLock(file);
      }
    } catch (error) {
      file?.close();
      throw ioError(`Could not lock ${path}`, error);
    }
    file.close();
    const pid = (await Deno.readTextFile(path)).trim();
    // Empty for an instant, between the owner's lock and its pid, or on a full disk.
    const owner = pid === "" ? "another process" : `process ${pid}`;
    throw new UsageError(
      `The run folder ${runDirectory} is in use by ${owner}: wait for it to end or choose another --run-dir`,
    );
  }

  /** Whether another process holds the lock of `runDirectory`. Needs no permission to write. */
  static async isHeld(runDirectory: string): Promise<boolean> {
    const path = join(runDirectory, LOCK_FILE);
    await refuseForeign(path);
    try {
      using file = await Deno.open(path);
      return !await file.tryLock(false);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw ioError(`Could not read ${path}`, error);
    }
  }

  /** Lets the next process in. */
  async release(): Promise<void> {
    await this.#file.truncate();
    this.#file.close();
  }
}

/** Locks `file` unless it stays locked: {@linkcode RunLock.isHeld} looks for an instant, which must turn nobody away. */
async function lockPatiently(file: Deno.FsFile): Promise<boolean> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    if (await file.tryLock(true)) return true;
    await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MILLISECONDS));
  }
  return await file.tryLock(true);
}

/** Writes who has the lock: a courtesy, without which what makes room on a full disk can be done all the same. */
async function sayOwner(file: Deno.FsFile): Promise<void> {
  try {
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    if (!FULL.includes(String((error as { code?: unknown } | null)?.code))) throw error;
  }
}
