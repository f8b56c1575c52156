/**
 * What killed processes left beside a run's memory, removed.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError } from "../errors.ts";
import { DISK } from "../disk/disk.ts";
import { ioError } from "../disk/failure.ts";
import { removeTree } from "../disk/files.ts";
import { ownedFiles, readCommittedGenerations } from "../memory/committed.ts";
import {
  absentMemory,
  agrees,
  commitNumber,
  type Current,
  readCurrentFile,
} from "../memory/current.ts";
import { withIndexCopy } from "../memory/index/copy.ts";
import { readIndexPlace } from "../memory/index/place.ts";
import { MemoryStore } from "../memory/store.ts";
import { removeLeftovers } from "../run/folder/files.ts";
import { RunLock } from "../run/folder/run_lock.ts";
import { memoryFolder, removeUnwanted } from "../memory/layout.ts";
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
    await removeUncommitted(directory, current);
    await (await MemoryStore.open(directory, current.settings)).close();
    return { before, after: await bytesIn(directory) };
  } finally {
    await lock.release();
  }
}

/**
 * Removes what the memory's last commit does not point at, where a copy of the index says that `current` is it: opening
 * the index itself takes room, which a full disk lacks.
 */
async function removeUncommitted(directory: string, current: Current): Promise<void> {
  if (await readIndexPlace(directory) !== undefined) return;
  let indexed: Current | undefined;
  try {
    indexed = await withIndexCopy(directory, (index) => index.current());
  } catch (error) {
    if (error instanceof RunError) return; // which opening it tells
    throw error;
  }
  // A killed process may have committed and not come to say so here.
  if (indexed === undefined || commitNumber(indexed) !== commitNumber(current)) return;
  if (!agrees(indexed, current)) return;
  const generations = await readCommittedGenerations(directory, current);
  await removeUnwanted(directory, ownedFiles(generations), DISK);
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
