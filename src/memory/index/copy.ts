/**
 * Looks into an index without touching it: opening the database itself would write beside it, and wait for a writer.
 *
 * @module
 */
import { join } from "@std/path";
import { readIfThere, readWholeFile } from "../../disk/files.ts";
import { refuseForeign } from "../../disk/regular.ts";
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
  const path = join(directory, INDEX_FILE), log = `${path}-wal`;
  for (const file of [path, log]) await refuseForeign(file);
  const bytes = await readWholeFile(path);
  // There only while it is open, and after a crash.
  const logged = await readIfThere(log);
  return await withTemporaryDatabase(async (copy) => {
    try {
      await Deno.writeFile(copy, bytes);
      if (logged !== undefined) await Deno.writeFile(`${copy}-wal`, logged);
    } catch (error) {
      throw new TemporaryError(error);
    }
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
