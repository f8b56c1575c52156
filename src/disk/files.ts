/**
 * Files that are either whole or absent, whenever the process or the machine stops.
 *
 * @module
 */
import { dirname } from "@std/path";
import { RunError, UsageError } from "../errors.ts";
import { DISK, type Disk } from "./disk.ts";

/** Why an operation on a file failed, as the end of a sentence. */
export function describeIoError(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return "the disk is full, free some space and try again";
  }
  if (code === "EROFS") return "the file system is read-only";
  if (error instanceof Deno.errors.NotFound) return "there is no such file or directory";
  if (error instanceof Deno.errors.NotCapable) return "this task was not given that permission";
  if (error instanceof Deno.errors.PermissionDenied) return "permission was denied";
  return error instanceof Error ? error.message : String(error);
}

/** Whether an operation failed because nobody may write there, as opposed to a disk that is full or fails. */
export function isReadOnly(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "EROFS" ||
    error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied;
}

/**
 * Replaces or creates the file at `path` with `bytes` so that a reader, even after a power cut, finds the
 * old content or the new, never a part: a temporary beside it is written, flushed to the device and
 * renamed over it, and the directory entry is flushed too.
 *
 * @throws {RunError} naming `path` when any of this fails; the temporary is gone then.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  disk: Disk = DISK,
): Promise<void> {
  const temporary = `${path}.tmp-${Deno.pid}`;
  try {
    const file = await disk.create(temporary);
    try {
      let written = 0;
      while (written < bytes.length) written += await file.write(bytes.subarray(written));
      await file.sync();
    } finally {
      file.close();
    }
    await disk.rename(temporary, path);
    await disk.syncDirectory(dirname(path));
  } catch (error) {
    // Removal can fail only because there is nothing to remove or the disk is failing: the first error says more.
    await disk.remove(temporary).catch(() => {});
    throw new RunError(`Could not write ${path}: ${describeIoError(error)}`, { cause: error });
  }
}

/**
 * The bytes of the file at `path`.
 *
 * @throws {RunError} naming `path`
 */
export async function readWholeFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw new RunError(`Could not read ${path}: ${describeIoError(error)}`, { cause: error });
  }
}

/**
 * The bytes of the file that the user has named by `path`.
 *
 * @throws {UsageError} naming `path` if there is no such file
 * @throws {RunError} naming `path` if it cannot be read
 */
export async function readNamedFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readWholeFile(path);
  } catch (error) {
    const { cause } = error as RunError;
    if (cause instanceof Deno.errors.NotFound) throw new UsageError(`${path} does not exist.`);
    if (cause instanceof Deno.errors.IsADirectory) throw new UsageError(`${path} is a folder.`);
    throw error;
  }
}

/**
 * Removes the file or folder at `path` with everything in it.
 *
 * @throws {RunError} naming `path`
 */
export async function removeTree(path: string, disk: Disk = DISK): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    throw new RunError(`Could not remove ${path}: ${describeIoError(error)}`, { cause: error });
  }
}

/**
 * Creates the folder at `path` and its parents, flushed to the device.
 *
 * @throws {RunError} naming `path`
 */
export async function createDirectory(path: string, disk: Disk = DISK): Promise<void> {
  try {
    await disk.makeDirectory(path);
    await disk.syncDirectory(dirname(path));
  } catch (error) {
    throw new RunError(`Could not create ${path}: ${describeIoError(error)}`, { cause: error });
  }
}
