/**
 * What killed processes left beside a run's memory, removed.
 *
 * @module
 */
import { join } from "@std/path";
import { ioError } from "../disk/failure.ts";
import { removeTree } from "../disk/files.ts";
import { absentMemory, readCurrentFile } from "../memory/current.ts";
import { MemoryStore } from "../memory/store.ts";
import { removeLeftovers } from "../run/folder/files.ts";
import { RunLock } from "../run/folder/run_lock.ts";
import { memoryFolder } from "../memory/layout.ts";
import { interruptedImports } from "./import_memory.ts";

/** Bytes of the memory on disk, as `memory gc --json` prints them. */
export interface GarbageReport {
  readonly before: number;
  readonly after: number;
}

/**
 * Removes what killed processes left in the memory of the run in `runDir`, and beside it of files that were being written.
 * A trainer does the same when it resumes.
 *
 * @throws {UsageError} if there is no memory, or a trainer has it open
 * @throws {RunError} if what was committed is damaged; nothing is removed then
 */
export async function collectGarbage(runDir: string): Promise<GarbageReport> {
  const directory = memoryFolder(runDir);
  const lock = await RunLock.acquire(runDir);
  try {
    const current = await readCurrentFile(directory);
    if (current === undefined) throw await absentMemory(directory);
    const interrupted = await interruptedImports(runDir);
    let before = 0;
    for (const folder of [directory, ...interrupted]) before += await bytesIn(folder);
    for (const folder of interrupted) await removeTree(folder);
    await removeLeftovers(runDir);
    await (await MemoryStore.open(directory, current.settings)).close();
    return { before, after: await bytesIn(directory) };
  } finally {
    await lock.release();
  }
}

/** Links count for themselves and not for what they lead to. */
async function bytesIn(path: string): Promise<number> {
  try {
    const { isDirectory, size } = await Deno.lstat(path);
    if (!isDirectory) return size;
    let sum = 0;
    for await (const { name } of Deno.readDir(path)) sum += await bytesIn(join(path, name));
    return sum;
  } catch (error) {
    throw ioError(`Could not read ${path}`, error);
  }
}
