/**
 * Whether a run can be made again: its recipe trained once more, epoch by epoch held against what it has left.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "@std/path";
import { ioError } from "../disk/failure.ts";
import { readWholeFile } from "../disk/files.ts";
import { freeBytes } from "../disk/free_space.ts";
import { exists } from "../disk/regular.ts";
import { Interrupted, UsageError } from "../errors.ts";
import { wholeMebibytes } from "../format/mebibytes.ts";
import { sha256 } from "../format/sha256.ts";
import { memoryFolder } from "../memory/layout.ts";
import {
  checkpointFolder,
  checkpointPath,
  damagedCheckpoint,
  readCommittedCheckpoints,
} from "../run/checkpoints.ts";
import { readRunRecord } from "../run/folder/files.ts";
import { changesSince } from "../run/run_record.ts";
import { RunLock } from "../run/folder/run_lock.ts";
import { repeatRun } from "../train/start.ts";
import type { ContinueOptions, RunObserver } from "../train/start_options.ts";
import {
  compareEpochs,
  type EpochDifference,
  type EpochTrace,
  readTraces,
} from "./epoch_traces.ts";
import { refuseDamage, verifyRunMemory } from "./verify_memory.ts";

/** How a run is made again. */
export interface VerifyRunOptions extends ContinueOptions {
  /**
   * How many epochs, from the first on.
   *
   * @default {all that the run has finished}
   */
  readonly epochs?: number;
}

/** What came of it. */
export interface RunVerification {
  /** The epochs that came out the same, from the first on. */
  readonly same: number;
  /** The first that did not; absent if all that were asked for are the same. */
  readonly difference?: EpochDifference;
  /**
   * Those of the epochs that came out the same whose checkpoint, or memory, could not be compared, since the run is older than
   * the record of their digests and has kept no files of them.
   */
  readonly unrecorded: readonly number[];
  /** What the run was made with that there was not now: another adapter, Deno, program or data set. */
  readonly changes: readonly string[];
  /** Whether the same bytes are promised on every machine; if not, another processor may round otherwise. */
  readonly deterministic: boolean;
}

/**
 * Trains the run in `directory` again, in a folder beside it that is removed afterwards, and compares every epoch's metrics
 * (but for times), checkpoint and memory. It ends with the first epoch that differs.
 *
 * @example
 * ```ts
 * import { startRun, verifyRun } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * import { join } from "node:path";
 * const folder = await Deno.makeTempDir(), run = join(folder, "run");
 * await startRun(
 *   {
 *     ...{ variant: "standard", data: "synthetic", limitTrain: 8, width: 1, epochs: 2, batchSize: 8 },
 *     ...{ select: "none", backend: "wasm", workers: 1 },
 *   },
 *   run,
 * );
 * const { same, difference } = await verifyRun(run);
 * assert.equal(same, 2);
 * assert.equal(difference, undefined);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {UsageError} if there is no run, it is in use, has finished no epoch or fewer than are asked for, one of its
 *   checkpoints is damaged, its data are missing, or the disk has no room for another such run
 * @throws {RunError} if its memory is damaged, or device or disk fail
 * @throws {Interrupted} if the signal is aborted: nothing stays
 */
export async function verifyRun(
  directory: string,
  options: VerifyRunOptions = {},
): Promise<RunVerification> {
  const record = await readRunRecord(directory);
  if (await RunLock.isHeld(directory)) {
    throw new UsageError(`${directory} is in use by another process: wait for it to end.`);
  }
  const traces = await tracesToRepeat(directory, options.epochs);
  await refuseDamagedFiles(directory, record.recipe.memory !== undefined);
  const copy = await makeFolderBeside(directory);
  try {
    const difference = await repeat(directory, copy, traces, options);
    const now = await readRunRecord(copy);
    const same = difference === undefined ? traces.length : difference.epoch - 1;
    const incomplete = ({ checkpoint, memory }: EpochTrace) =>
      checkpoint === undefined || record.recipe.memory && memory === undefined;
    return {
      same,
      ...difference && { difference },
      unrecorded: traces.slice(0, same).filter(incomplete).map(({ epoch }) => epoch),
      changes: changesSince(record, now),
      deterministic: record.recipe.deterministic === true,
    };
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** The epochs that are to be compared: all from 1 on that the run has finished, or the first `count`. */
async function tracesToRepeat(directory: string, count?: number): Promise<EpochTrace[]> {
  const traces = await readTraces(directory);
  const gap = traces.findIndex(({ epoch }, i) => epoch !== i + 1);
  if (gap >= 0) throw new UsageError(`The log of ${directory} has no epoch ${gap + 1}.`);
  if (traces.length === 0) throw new UsageError(`${directory} has not finished an epoch yet.`);
  if (count === undefined || count <= traces.length) return traces.slice(0, count);
  throw new UsageError(`${directory} has finished ${traces.length} epochs, not ${count}.`);
}

/** Digests alone would not tell of a file that was changed after they were taken. */
async function refuseDamagedFiles(directory: string, remembers: boolean): Promise<void> {
  const committed = await readCommittedCheckpoints(directory);
  for (const each of [committed?.last, committed?.best]) {
    const path = each && checkpointPath(directory, each.name);
    if (path === undefined || !await exists(path)) continue;
    if (sha256(await readWholeFile(path)) !== each!.sha256) throw damagedCheckpoint(path);
  }
  if (!remembers || !await exists(memoryFolder(directory))) return;
  refuseDamage(directory, await verifyRunMemory(directory, {}));
}

/**
 * Makes an empty folder on the disk of `directory`, with room for another such run, after removing what killed
 * verifications have left of theirs.
 */
async function makeFolderBeside(directory: string): Promise<string> {
  const path = resolve(directory), parent = dirname(path), prefix = `.${basename(path)}.verify-`;
  try {
    for await (const { name } of Deno.readDir(parent)) {
      const left = join(parent, name);
      const begun = name.startsWith(prefix) && await exists(join(left, "recipe.json"));
      if (begun && !await RunLock.isHeld(left)) await Deno.remove(left, { recursive: true });
    }
    // While a commit is made, the files that it replaces are still there.
    const folders = [checkpointFolder(path), memoryFolder(path)];
    const sizes = await Promise.all(folders.map(folderBytes));
    const need = 2 * sizes.reduce((sum, size) => sum + size), free = await freeBytes(parent);
    if (need > free) {
      throw new UsageError(
        `To train ${directory} again takes ${wholeMebibytes(need)} MiB in ${parent}, ` +
          `which has ${wholeMebibytes(free)} MiB left: make room there.`,
      );
    }
    return await Deno.makeTempDir({ dir: parent, prefix });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw ioError(`Could not make a folder in ${parent} to train ${directory} again`, error);
  }
}

/** Bytes of all files below `folder`, links not followed; 0 if it does not exist. */
async function folderBytes(folder: string): Promise<number> {
  if (!await exists(folder)) return 0;
  let bytes = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name), { isDirectory, size } = await Deno.lstat(path);
    bytes += isDirectory ? await folderBytes(path) : size;
  }
  return bytes;
}

/** Trains `directory` again in `copy`, as long as its epochs are those of `traces`; the first that is not. */
async function repeat(
  directory: string,
  copy: string,
  traces: readonly EpochTrace[],
  { observer, signal, ...options }: VerifyRunOptions,
): Promise<EpochDifference | undefined> {
  const enough = new AbortController();
  let same = 0, difference: EpochDifference | undefined;
  const comparing: RunObserver = {
    ...observer,
    async onEpoch(metrics, length) {
      const now = (await readTraces(copy)).at(-1)!;
      difference = await compareEpochs(traces[same]!, now);
      if (difference === undefined) same++;
      if (difference !== undefined || same === traces.length) enough.abort();
      await observer?.onEpoch?.(metrics, length);
    },
  };
  const stop = AbortSignal.any([enough.signal, ...signal ? [signal] : []]);
  try {
    await repeatRun(directory, copy, { ...options, observer: comparing, signal: stop });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    if (!enough.signal.aborted) {
      const epochs = same === 1 ? "1 epoch was" : `${same} epochs were`;
      throw new Interrupted(`Stopped: ${epochs} the same up to here. Nothing is kept.`);
    }
  }
  return difference;
}
