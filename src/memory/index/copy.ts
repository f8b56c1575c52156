/**
 * Looks into an index without touching it: opening the database itself would write beside it, and wait for a writer.
 *
 * @module
 */
import { join } from "@std/path";
import { readIfThere, readWholeFile } from "../../disk/files.ts";
import { TemporaryError, withTemporaryDatabase } from "../../disk/temporary_database.ts";
import { INDEX_FILE } from "../layout.ts";
import { LocationIndex } from "./location_index.ts";

/**
 * Calls `use` with the index of the memory in `directory`: with a temporary copy of its file, which nobody may have open
 * for writing, or with the service at `remote`.
 *
 * @throws {RunError} if there is no index or it cannot be read; a `TemporaryError` if it cannot be copied
 */
export async function withIndexCopy<T>(
  directory: string,
  use: (index: LocationIndex) => Promise<T>,
  remote?: string,
): Promise<T> {
  if (remote !== undefined) return await closing(await LocationIndex.open(remote), use);
  const path = join(directory, INDEX_FILE);
  const bytes = await readWholeFile(path);
  // There only while it is open, and after a crash.
  const logged = await readIfThere(`${path}-wal`);
  return await withTemporaryDatabase(async (copy) => {
    if (logged !== undefined) await write(`${copy}-wal`, logged);
    await write(copy, bytes);
    return await closing(await LocationIndex.openCopy(copy, path), use);
  });
}

async function closing<T>(
  index: LocationIndex,
  use: (index: LocationIndex) => Promise<T>,
): Promise<T> {
  try {
    return await use(index);
  } finally {
    index.close();
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await Deno.writeFile(path, bytes);
  } catch (error) {
    throw new TemporaryError(error);
  }
}
