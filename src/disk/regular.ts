/**
 * Regular files only: a named pipe would keep a reader waiting for ever, and a symbolic link would lead a writer to
 * somebody else's file.
 *
 * @module
 */
import { RunError } from "../errors.ts";
import { ioError, StorageError } from "./failure.ts";

/**
 * Looks whether the file at `path` can be read to its end. A path where nothing is, or a folder, is left to the reading.
 *
 * @throws {StorageError} naming `path` if a pipe, a socket or a device lies there, or it cannot be looked at
 */
export async function refuseSpecial(path: string): Promise<void> {
  judge(path, await look(path, Deno.stat));
}

/** {@linkcode refuseSpecial}, at once. */
export function refuseSpecialSync(path: string): void {
  try {
    judge(path, Deno.statSync(path));
  } catch (error) {
    refuseUnknown(path, error);
  }
}

/**
 * Looks whether `path` is free, or has a file of ours that can be written to in place.
 *
 * @throws {StorageError} naming `path` if a symbolic link or something else that is no file lies there
 */
export async function refuseForeign(path: string): Promise<void> {
  const found = await look(path, Deno.lstat);
  if (found?.isDirectory) throw new StorageError(`${path} is a folder: move it away`);
  judge(path, found);
}

/**
 * Looks whether `path` is free, or a folder of ours that files can be put in.
 *
 * @throws {StorageError} naming `path` if a symbolic link lies there
 */
export async function refuseLink(path: string): Promise<void> {
  if (await isLink(path)) throw linked(path);
}

/** Whether a symbolic link lies at `path`. Throws a {@linkcode StorageError} if that cannot be seen. */
export async function isLink(path: string): Promise<boolean> {
  return (await look(path, Deno.lstat))?.isSymlink === true;
}

/** Whether anything lies at `path`, be it a link that leads nowhere. Throws a {@linkcode StorageError} if that cannot be seen. */
export async function exists(path: string): Promise<boolean> {
  return await look(path, Deno.lstat) !== undefined;
}

/** Bytes of the file at `path`; undefined if there is no file. Throws a {@linkcode StorageError} if that cannot be seen. */
export async function fileSize(path: string): Promise<number | undefined> {
  const found = await look(path, Deno.stat);
  return found?.isFile ? found.size : undefined;
}

async function look(
  path: string,
  ask: (path: string) => Promise<Deno.FileInfo>,
): Promise<Deno.FileInfo | undefined> {
  try {
    return await ask(path);
  } catch (error) {
    refuseUnknown(path, error);
    return undefined;
  }
}

/** Throws unless `error` says that nothing is at `path`. */
function refuseUnknown(path: string, error: unknown): void {
  if (error instanceof RunError) throw error;
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return;
  throw ioError(`Could not read ${path}`, error);
}

function judge(path: string, found: Deno.FileInfo | undefined): void {
  if (found === undefined || found.isFile || found.isDirectory) return;
  if (found.isSymlink) throw linked(path);
  const kind = found.isFifo ? "a named pipe" : found.isSocket ? "a socket" : "a device";
  throw new StorageError(`${path} is ${kind} and not a file: move it away`);
}

function linked(path: string): StorageError {
  return new StorageError(`${path} is a symbolic link, which could lead anywhere: move it away`);
}
