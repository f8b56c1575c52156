/**
 * One process at a time, by a lock of the operating system on a file.
 *
 * @module
 */
import { Interrupted } from "../errors.ts";
import { ioError } from "./failure.ts";
import { refuseForeign } from "./regular.ts";

/** Milliseconds between two looks at a lock that another process holds. */
const LOOK = 100;

/** A lock that is held. The system drops it with its owner, however that one ends; the file itself stays. */
export class FileLock {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Locks the file at `path`, which is made where it is missing; undefined if another process holds it.
   *
   * @throws {RunError} naming `path` if it cannot be opened or locked
   */
  static async try(path: string): Promise<FileLock | undefined> {
    const file = await open(path);
    try {
      if (await file.tryLock(true)) return new FileLock(file);
    } catch (error) {
      file.close();
      throw failure(path, error);
    }
    file.close();
    return undefined;
  }

  /**
   * Locks the file at `path` as soon as no other process holds it. The system's own way of waiting would leave no way to stop.
   *
   * @param signal stops the waiting
   * @throws {Interrupted} if it is aborted before
   * @throws {RunError} naming `path` if it cannot be opened or locked
   */
  static async wait(path: string, signal: AbortSignal | undefined): Promise<FileLock> {
    for (;;) {
      const lock = await FileLock.try(path);
      if (lock) return lock;
      if (signal?.aborted) {
        throw new Interrupted(`Stopped while another process had ${path} locked.`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  /** Lets the next process in. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

async function open(path: string): Promise<Deno.FsFile> {
  await refuseForeign(path);
  try {
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    throw failure(path, error);
  }
}

function failure(path: string, error: unknown): Error {
  return ioError(`Could not lock ${path}`, error);
}
