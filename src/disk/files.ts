/**
 * Files that are either whole or absent, whenever the process or the machine stops.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { createHash } from "node:crypto";
import { RunError, UsageError } from "../errors.ts";
import { DISK, type Disk, type WritableFile } from "./disk.ts";
import { describeIoError, ioError, isAboutPlace, StorageError } from "./failure.ts";
import { exists, fileSize, refuseSpecial } from "./regular.ts";

/** The end of the name of a file that is being written. */
const TEMPORARY = /\.tmp-[0-9a-f]+$/;

/** The name that the file called `name` was to get when it was whole; undefined if it is not such a temporary. */
export function temporaryOf(name: string): string | undefined {
  return TEMPORARY.test(name) ? name.replace(TEMPORARY, "") : undefined;
}

/** Whether an operation failed because nobody may write there, as opposed to a disk that is full or fails. */
export function isReadOnly(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "EROFS" ||
    error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied;
}

/** `path` with an end that nobody can foresee: there is nothing to be written through or to be removed. */
export function temporaryPath(path: string): string {
  return `${path}.tmp-${crypto.randomUUID().slice(0, 8)}`;
}

/**
 * Removes from `folder`, if it is there, what killed processes left of the files that `written` accepts by name.
 *
 * @param age milliseconds for which a file must not have changed, where somebody may be writing one just now
 * @throws {RunError} naming `folder` or a file in it
 */
export async function removeTemporaries(
  folder: string,
  written: (name: string) => boolean,
  { disk = DISK, age = 0 }: { readonly disk?: Disk; readonly age?: number } = {},
): Promise<void> {
  for (const { name, isDirectory } of await listFolder(folder)) {
    const of = isDirectory ? undefined : temporaryOf(name);
    const path = join(folder, name);
    if (of === undefined || !written(of) || !await isOlder(path, age)) continue;
    await removeTree(path, disk);
  }
}

/** What lies in `folder`; nothing if there is none. Throws a `RunError` if it cannot be read. */
export async function listFolder(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw ioError(`Could not read ${folder}`, error);
  }
}

async function isOlder(path: string, age: number): Promise<boolean> {
  if (age === 0) return true;
  const found = await Deno.lstat(path).catch(() => undefined); // whole meanwhile
  return found?.mtime ? Date.now() - found.mtime.getTime() >= age : false;
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
  const temporary = temporaryPath(path);
  try {
    const file = await disk.create(temporary);
    try {
      await writeAll(file, bytes);
      await file.sync();
    } finally {
      file.close();
    }
    await disk.rename(temporary, path);
    await disk.syncDirectory(dirname(path));
  } catch (error) {
    // Removal can fail only because there is nothing to remove or the disk is failing: the first error says more.
    const ours = !(error instanceof Deno.errors.AlreadyExists);
    if (ours) await disk.remove(temporary).catch(() => {});
    throw ioError(`Could not write ${path}`, error);
  }
}

/** Writes all of `bytes` at the file's position, however few the system takes at a time. */
export async function writeAll(
  file: Pick<WritableFile, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/**
 * The bytes of the file at `path`.
 *
 * @throws {RunError} naming `path`; a `StorageError` if that says nothing about the file
 */
export async function readWholeFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  await refuseSpecial(path);
  return await read(path);
}

/** {@linkcode readWholeFile} of the first `limit` bytes, where no more belong to the file and any number may be there. */
export async function readBeginning(
  path: string,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  await refuseSpecial(path);
  if ((await fileSize(path) ?? 0) <= limit) return await read(path);
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(limit);
    let length = 0;
    while (length < bytes.length) {
      const read = await file.read(bytes.subarray(length));
      if (read === null) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    throw ioError(`Could not read ${path}`, error);
  }
}

/** {@linkcode readWholeFile} of a file that may be absent: undefined then. No more than `limit` bytes, if that is given. */
export async function readIfThere(
  path: string,
  limit?: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return limit === undefined ? await readWholeFile(path) : await readBeginning(path, limit);
  } catch (error) {
    if ((error as RunError).cause instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * The bytes of the file that the user has named by `path`, which may be a pipe.
 *
 * @throws {UsageError} naming `path` if there is no such file
 * @throws {RunError} naming `path` if it cannot be read
 */
export async function readNamedFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await read(path);
  } catch (error) {
    const { cause } = error as RunError;
    if (cause instanceof Deno.errors.NotFound) throw new UsageError(`${path} does not exist.`);
    if (cause instanceof Deno.errors.IsADirectory) throw new UsageError(`${path} is a folder.`);
    throw error;
  }
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw ioError(`Could not read ${path}`, error);
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
    throw ioError(`Could not remove ${path}`, error);
  }
}

/** {@linkcode removeTree} of a path where nothing may be. */
export async function removeTreeIfThere(path: string, disk: Disk = DISK): Promise<void> {
  if (await exists(path)) await removeTree(path, disk);
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
    throw ioError(`Could not create ${path}`, error);
  }
}

/**
 * What `write` returns, where `write` creates, writes, renames or removes `path`.
 *
 * @throws {RunError} when the operating system refuses
 */
export async function onDisk<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const reason = describeIoError(cause);
    throw new (isAboutPlace(cause) ? StorageError : RunError)(
      `Could not write "${path}": ${reason}; make room or choose another directory, and run the command again.`,
      { cause },
    );
  }
}

/** SHA-256 of the file at `path` as 64 lower-case hexadecimal digits, read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
