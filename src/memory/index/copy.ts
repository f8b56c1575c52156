/**
 * Looks into an index without touching it: opening the database itself would write beside it, and wait for a writer.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError } from "../../errors.ts";
import { describeIoError } from "../../disk/files.ts";
import { INDEX_FILE } from "../layout.ts";
import { LocationIndex } from "./location_index.ts";

const TEMPORARY = { prefix: "memloss-index-" };

/**
 * Calls `use` with the index of the memory in `directory`: with a temporary copy of its file, which nobody may have open
 * for writing, or with the service at `remote`.
 *
 * @throws {RunError} if there is no index or it cannot be read
 */
export async function withIndexCopy<T>(
  directory: string,
  use: (index: LocationIndex) => Promise<T>,
  remote?: string,
): Promise<T> {
  if (remote !== undefined) {
    const index = await LocationIndex.open(remote);
    try {
      return await use(index);
    } finally {
      index.close();
    }
  }
  const path = join(directory, INDEX_FILE);
  let folder: string;
  try {
    folder = await Deno.makeTempDir(TEMPORARY);
  } catch (error) {
    throw new RunError(`Could not copy ${path} to look into it: ${describeIoError(error)}`, {
      cause: error,
    });
  }
  try {
    try {
      await Deno.copyFile(path, join(folder, INDEX_FILE));
      await Deno.copyFile(`${path}-wal`, join(folder, `${INDEX_FILE}-wal`)).catch((error) => {
        // There only while it is open, and after a crash.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    } catch (error) {
      throw new RunError(`Could not read ${path}: ${describeIoError(error)}`, { cause: error });
    }
    const index = await LocationIndex.openCopy(join(folder, INDEX_FILE), path);
    try {
      return await use(index);
    } finally {
      index.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether this process may write a temporary copy anywhere. */
export async function canCopyIndex(): Promise<boolean> {
  try {
    await Deno.remove(await Deno.makeTempDir(TEMPORARY));
    return true;
  } catch {
    return false;
  }
}
