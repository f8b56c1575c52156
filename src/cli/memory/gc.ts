/**
 * `memloss memory gc`
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../../errors.ts";
import { removeTree } from "../../disk/files.ts";
import { readCurrentFile } from "../../memory/current.ts";
import { MemoryStore } from "../../memory/store.ts";
import { RunLock } from "../../run/run_lock.ts";

/** What `memory gc --json` prints; bytes on disk. */
export interface GarbageReport {
  readonly before: number;
  readonly after: number;
}

/**
 * Removes what killed processes left in the memory of the run in `runDir`. A trainer does the same when it resumes.
 *
 * @throws {UsageError} if there is no memory, or a trainer has it open
 * @throws {RunError} if what was committed is damaged; nothing is removed then
 */
export async function collectGarbage(runDir: string): Promise<GarbageReport> {
  const directory = join(runDir, "memory");
  const lock = await RunLock.acquire(runDir);
  try {
    const current = await readCurrentFile(directory);
    if (current === undefined) throw new UsageError(`There is no memory in ${directory}.`);
    const interrupted = `${directory}.tmp`; // of an import that was killed
    const before = await bytesIn(directory) + await bytesIn(interrupted).catch(() => 0);
    if (await Deno.stat(interrupted).then(() => true, () => false)) await removeTree(interrupted);
    await (await MemoryStore.open(directory, current.settings))
      .close();
    return { before, after: await bytesIn(directory) };
  } finally {
    await lock.release();
  }
}

async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    sum += isDirectory ? await bytesIn(path) : (await Deno.stat(path)).size;
  }
  return sum;
}

/** `report` in words. */
export function describeGarbage({ before, after }: GarbageReport): string {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${mebibytes(after)} are left of ${mebibytes(before)}`;
}
