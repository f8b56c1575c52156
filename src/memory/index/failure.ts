/**
 * What is said of an index that cannot be used.
 *
 * @module
 */
import { ioError, isAboutPlace, StorageError } from "../../disk/failure.ts";
import type { RunError } from "../../errors.ts";

/** Whether `place` is the address of a service rather than the path of a file. */
export function isRemote(place: string): boolean {
  return /^https?:\/\//.test(place);
}

/** The error for an operation on the index at `place` that failed because of `cause`. */
export function indexFailure(place: string, cause: unknown): RunError {
  const what = `Could not use the memory index ${place}`, failure = ioError(what, cause);
  if (!isRemote(place)) return failure;
  if (cause instanceof Deno.errors.NotCapable) {
    // Deno names the first that is missing, and a binary has what it was made with.
    const rights = `--allow-net=${new URL(place).host} and --allow-env=DENO_KV_ACCESS_TOKEN`;
    return new StorageError(`${what}: run the program from source with deno's ${rights}`, {
      cause,
    });
  }
  // What a service says is about reaching it: of what it holds it has told nothing.
  return isAboutPlace(failure) ? failure : new StorageError(failure.message, { cause });
}
