/**
 * What a run's epochs have left, held against the epochs of its repetition.
 *
 * @module
 */
import { readCurrentFile } from "../memory/current.ts";
import { manifestFile, memoryFolder } from "../memory/layout.ts";
import { checkpointPath, readCommittedCheckpoints } from "../run/checkpoints.ts";
import type { EpochDigests } from "../run/checkpoint/epoch_digests.ts";
import { type Metrics, TIME_FIELDS } from "../run/metrics.ts";
import { finishedEpoch } from "../run/checkpoint/progress.ts";
import { CHECKSUM_DIGITS, fileChecksums, tensorNames } from "../run/checkpoint/tensor_checksums.ts";
import { readMetrics } from "../run/run_log.ts";

/** What is known of one epoch of a run. */
export interface EpochTrace extends Partial<EpochDigests> {
  readonly epoch: number;
  /** The checkpoint at its end, if that is still there. */
  readonly path?: string;
  /** Its lines of the log. */
  readonly lines: readonly Metrics[];
}

/** The first epoch that came out otherwise. */
export interface EpochDifference {
  /** From 1. */
  readonly epoch: number;
  /** The first number of the log that differs; absent if none does. */
  readonly metrics?: string;
  /** Which tensors of the checkpoint differ, as far as that can be told; absent if its bytes are the same. */
  readonly checkpoint?: string;
  /** Present if the memory's examples differ. */
  readonly memory?: string;
}

/**
 * The finished epochs of the run in `directory`, ascending. Those of a run that is older than the record of their digests
 * have what can still be read: the checkpoints and memories that are kept.
 *
 * @throws {RunError} if a record is damaged
 */
export async function readTraces(directory: string): Promise<EpochTrace[]> {
  const committed = await readCommittedCheckpoints(directory);
  const found = new Map<number, Partial<EpochDigests> & { path?: string }>();
  for (const { name, sha256 } of [committed?.last, committed?.best].filter((each) => !!each)) {
    const epoch = finishedEpoch(name);
    if (epoch === undefined) continue;
    found.set(epoch, { checkpoint: sha256, path: checkpointPath(directory, name) });
  }
  const memory = await readCurrentFile(memoryFolder(directory));
  for (const { epoch, manifest, sha256 } of memory?.commit?.generations ?? []) {
    if (manifest === manifestFile()) found.set(epoch, { ...found.get(epoch), memory: sha256 });
  }
  for (const digests of committed?.epochs ?? []) {
    found.set(digests.epoch, { ...found.get(digests.epoch), ...digests });
  }
  const lines = Map.groupBy(await readMetrics(directory), ({ epoch }) => epoch);
  return [...lines].filter(([, own]) => own.some(({ kind }) => kind === "epoch"))
    .map(([epoch, own]) => ({ ...found.get(epoch), epoch, lines: own }))
    .sort((a, b) => a.epoch - b.epoch);
}

/** What of the epoch `before` is another thing `now`; undefined if all that is known of both is the same. */
export async function compareEpochs(
  before: EpochTrace,
  now: EpochTrace,
): Promise<EpochDifference | undefined> {
  const metrics = differentNumber(before.lines, now.lines);
  const same = (kind: "checkpoint" | "memory") =>
    before[kind] === undefined || before[kind] === now[kind];
  const difference = {
    epoch: before.epoch,
    ...metrics !== undefined && { metrics },
    ...!same("checkpoint") && { checkpoint: await differentTensors(before, now) },
    ...!same("memory") && { memory: "other examples" },
  };
  return Object.keys(difference).length > 1 ? difference : undefined;
}

/** The first field of the lines `before` that the lines `now` do not have, or have otherwise. Times do not count. */
function differentNumber(before: readonly Metrics[], now: readonly Metrics[]): string | undefined {
  for (const [i, line] of before.entries()) {
    const where = "step" in line ? `step ${line.step}` : "the whole epoch";
    const other = now[i], others = flat(other);
    if (other?.kind !== line.kind) return `a line of ${where} is missing`;
    for (const [name, value] of Object.entries(flat(line))) {
      if (others[name] !== value) return `${name} of ${where} is ${others[name]} and was ${value}`;
    }
  }
  return now.length > before.length ? "there are more lines than there were" : undefined;
}

/** The values of a line by the path to them, without times. */
function flat(line: object = {}): Record<string, unknown> {
  const fields = Object.entries(line).filter(([name]) => !TIME_FIELDS.includes(name));
  return Object.fromEntries(
    fields.flatMap(([name, value]) =>
      typeof value === "object" && value !== null
        ? Object.entries(flat(value)).map(([inner, each]) => [`${name}.${inner}`, each])
        : [[name, value]]
    ),
  );
}

/** Which tensors of two checkpoints differ, of which the one before may be gone. */
async function differentTensors(before: EpochTrace, now: EpochTrace): Promise<string> {
  const [old, made] = await Promise.all([before, now].map(checksumsOf));
  if (old === undefined || made === undefined) return "other bytes, of a file that is not kept";
  if (old.length !== made.length) return `${made.length} tensors, and there were ${old.length}`;
  const names = await tensorNames(now.path!);
  const differ = names.filter((_, i) => old[i] !== made[i]);
  if (differ.length === 0) return "the same tensors, another progress";
  return `${differ[0]} first, ${differ.length} of ${names.length} tensors`;
}

/** The checksums of the tensors of an epoch's checkpoint, if they or the file are there. */
async function checksumsOf({ tensors, path }: EpochTrace): Promise<string[] | undefined> {
  const text = tensors ?? (path === undefined ? undefined : await fileChecksums(path));
  return text?.match(new RegExp(`.{${CHECKSUM_DIGITS}}`, "g")) ?? undefined;
}
