/**
 * Databases in the system's temporary folder, gone when they have been used. What a killed process left is removed by
 * the next one.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { describeIoError, StorageError } from "./failure.ts";
import { exists, refuseForeign } from "./regular.ts";

/** The temporary folder would not take a database. Whatever was to be looked at there is as good as before. */
export class TemporaryError extends StorageError {
  constructor(cause: unknown) {
    const reason = describeIoError(cause);
    super(
      `The temporary folder cannot be used (${reason}): make room there, or name another in TMPDIR`,
      { cause },
    );
  }
}

const PREFIX = "memloss-kv-";
const DATABASE = "copy.kv";
/** Locked by the system for as long as the folder is in use: from before it has this name. */
const OWNER = "owner.lock", UNLOCKED_OWNER = "owner.new";
/** Milliseconds after which a folder has its lock, if its process lives. */
const LOCKED_AFTER = 60_000;

/** The files of a database: what SQLite keeps beside the one that is named `path`. */
export function databaseFiles(path: string): string[] {
  return ["", "-journal", "-shm", "-wal"].map((suffix) => path + suffix);
}

/**
 * Calls `use` with the path of a database that does not exist yet, in a new folder, and removes both afterwards.
 *
 * @param otherwise a folder that is taken where the process may not write in the system's temporary folder
 * @throws {TemporaryError} if the folder cannot be made
 */
export async function withTemporaryDatabase<T>(
  use: (path: string) => Promise<T>,
  otherwise?: string,
): Promise<T> {
  let folder: string | undefined;
  let owner: Deno.FsFile | undefined;
  try {
    folder = await makeFolder(otherwise);
    owner = await Deno.open(join(folder, UNLOCKED_OWNER), { write: true, createNew: true });
    await owner.lock(true);
    await Deno.rename(join(folder, UNLOCKED_OWNER), join(folder, OWNER));
  } catch (error) {
    owner?.close();
    if (folder !== undefined) await removeFolder(folder);
    throw new TemporaryError(error);
  }
  try {
    return await use(join(folder, DATABASE));
  } finally {
    owner.close();
    await removeFolder(folder);
    await collect(dirname(folder));
  }
}

async function makeFolder(otherwise: string | undefined): Promise<string> {
  try {
    return await Deno.makeTempDir({ prefix: PREFIX });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable) || otherwise === undefined) throw error;
    return await Deno.makeTempDir({ prefix: PREFIX, dir: otherwise });
  }
}

/** Removes what killed processes have left in `directory`, as far as it is what this module puts there. */
async function collect(directory: string): Promise<void> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (!isDirectory || !name.startsWith(PREFIX)) continue;
      const folder = join(directory, name);
      if (await isLeft(folder).catch(() => false)) await removeFolder(folder);
    }
  } catch {
    // The folder is not to be listed: tidiness is worth no error.
  }
}

/** Whether nobody has `folder` in use. Rejects if that cannot be told. */
async function isLeft(folder: string): Promise<boolean> {
  const path = join(folder, OWNER);
  if (await exists(path)) {
    await refuseForeign(path);
    using owner = await Deno.open(path, { write: true });
    return await owner.tryLock(true);
  }
  const { mtime } = await Deno.lstat(folder);
  return mtime !== null && Date.now() - mtime.getTime() > LOCKED_AFTER;
}

async function removeFolder(folder: string): Promise<void> {
  const owners = [OWNER, UNLOCKED_OWNER].map((name) => join(folder, name));
  for (const file of [...databaseFiles(join(folder, DATABASE)), ...owners]) {
    await Deno.remove(file).catch(() => {});
  }
  await Deno.remove(folder).catch(() => {}); // only if that was all
}
