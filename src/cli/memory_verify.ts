/**
 * `memloss memory verify`
 *
 * @module
 */
import { join } from "@std/path";
import { RunError } from "../errors.ts";
import { canCopyIndex } from "../memory/index_copy.ts";
import { rebuildIndex } from "../memory/rebuild.ts";
import { type Damage, type Verification, verifyMemory } from "../memory/verify.ts";
import { checkpointPath } from "../train/run_folder.ts";
import { RunLock } from "../train/run_lock.ts";

/** What `memory verify --json` prints. */
export interface VerifyReport extends Verification {
  /** Whether the index was made anew before. */
  readonly rebuilt: boolean;
}

/**
 * Verifies the memory of the run in `runDir`, after making its index anew if `rebuild` is given and the index is damaged.
 *
 * @throws {UsageError} if there is no memory, or it is to be rebuilt while a trainer has it open
 * @throws {RunError} if it cannot be rebuilt
 */
export async function verifyRun(runDir: string, rebuild: boolean): Promise<VerifyReport> {
  const directory = join(runDir, "memory");
  const path = (name: string) => checkpointPath(runDir, name);
  if (!rebuild) {
    const index = await canCopyIndex() && !await RunLock.isHeld(runDir);
    return { ...await verifyMemory(directory, { index, checkpointPath: path }), rebuilt: false };
  }
  const lock = await RunLock.acquire(runDir);
  try {
    const before = await verifyMemory(directory, { index: true, checkpointPath: path });
    const damaged = (name: string) =>
      before.damage.some(({ file }) => file === join(directory, name));
    if (!damaged("index.kv") && !damaged("current.json")) return { ...before, rebuilt: false };
    await rebuildIndex(directory);
    return {
      ...await verifyMemory(directory, { index: true, checkpointPath: path }),
      rebuilt: true,
    };
  } finally {
    await lock.release();
  }
}

/** `report` in words. */
export function describeVerification(report: VerifyReport): string {
  const { commit, generations, chunks, records, index, rebuilt, damage } = report;
  const looked = commit === 0
    ? "nothing committed yet"
    : `commit ${commit}: ${generations} generation(s), ${chunks} chunk(s), ${records} record(s)`;
  return [
    `${looked}${
      index ? "" : "; the index was not read (a trainer has it open, or a copy cannot be made)"
    }`,
    ...rebuilt ? ["  the index was made anew"] : [],
    ...damage.map((each) => `  ${describeDamage(each)}`),
  ].join("\n");
}

function describeDamage({ fault, image }: Damage): string {
  return image === undefined ? fault : `${fault} (image ${image})`;
}

/** @throws {RunError} if `report` has damage: exit code 1 */
export function refuseDamage(runDir: string, { damage }: VerifyReport): void {
  if (damage.length === 0) return;
  const places = damage.length === 1 ? "1 place" : `${damage.length} places`;
  throw new RunError(
    `the memory of ${runDir} is damaged in ${places}: restore the files that are named from a copy, or train again`,
  );
}
