/**
 * Whether a run's memory is whole, and its index made anew where that is all that is damaged.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError, UsageError } from "../errors.ts";
import { DISK } from "../disk/disk.ts";
import { TemporaryError } from "../disk/temporary_database.ts";
import { readIndexPlace } from "../memory/index/place.ts";
import { CURRENT_FILE, INDEX_FILE, memoryFolder } from "../memory/layout.ts";
import { rebuildIndex } from "../memory/index/rebuild.ts";
import { type MemoryCheck, verifyMemory } from "../memory/verify.ts";
import { checkpointPath } from "../run/checkpoints.ts";
import { RunLock } from "../run/folder/run_lock.ts";

/** What was looked at and what is damaged, as `memory verify --json` prints it. */
export interface MemoryVerification extends MemoryCheck {
  /** Whether the index was made anew before. */
  readonly rebuilt: boolean;
}

/** Whether to mend, and where the index is. */
export interface VerifyOptions {
  /**
   * Whether to make a damaged or lost index anew from the chunks.
   *
   * @default {false}
   */
  readonly rebuild?: boolean;
  /**
   * Address of the KV Connect service that has the index, or is to have it.
   *
   * @default {the run's folder}
   */
  readonly memoryIndex?: string;
}

/**
 * Verifies the memory of the run in `runDir`, after making its index anew if that is asked for and the index is damaged.
 *
 * @throws {UsageError} if there is no memory, or it is to be rebuilt while a trainer has it open
 * @throws {RunError} if it cannot be looked at or rebuilt
 */
export async function verifyRunMemory(
  runDir: string,
  { rebuild, memoryIndex: remote }: VerifyOptions,
): Promise<MemoryVerification> {
  const directory = memoryFolder(runDir);
  const options = { remote, checkpointPath: (name: string) => checkpointPath(runDir, name) };
  const place = remote === undefined ? await readIndexPlace(directory) : undefined;
  const look = (index: boolean) => verifyMemory(directory, { ...options, index });
  if (!rebuild) {
    const index = place === undefined && !await RunLock.isHeld(runDir);
    const check = await look(index).catch((error) => {
      // A copy cannot be made: the rest can be looked at without.
      if (error instanceof TemporaryError) return look(false);
      throw error;
    });
    return { ...check, rebuilt: false };
  }
  if (place !== undefined) {
    throw new UsageError(
      `The index of ${runDir} is not in its folder: add --memory-index ${place.url}`,
    );
  }
  const lock = await RunLock.acquire(runDir);
  try {
    const before = await look(true);
    const places = [remote ?? join(directory, INDEX_FILE), join(directory, CURRENT_FILE)];
    const damaged = before.damage.some(({ file }) => places.includes(file));
    if (!damaged) return { ...before, rebuilt: false };
    await rebuildIndex(directory, DISK, remote);
    return { ...await look(true), rebuilt: true };
  } finally {
    await lock.release();
  }
}

/** @throws {RunError} if `report` has damage: exit code 1 */
export function refuseDamage(runDir: string, { damage }: MemoryVerification): void {
  if (damage.length === 0) return;
  const places = damage.length === 1 ? "1 place" : `${damage.length} places`;
  const derived = [INDEX_FILE, CURRENT_FILE].map((name) => join(runDir, "memory", name));
  const remedy = damage.every(({ file }) => derived.includes(file))
    ? "add --rebuild to make what is named anew"
    : "restore the files that are named from a copy, or train again";
  throw new RunError(`The memory of ${runDir} is damaged in ${places}: ${remedy}.`);
}
