/**
 * Which checkpoints of a run count: those that its last commit names. `checkpoints/committed.json` says so for every
 * run, and before it the memory's `current.json` for a run with a memory. The links `last` and `best` are a courtesy to
 * people; they decide only in folders that are older than the record.
 *
 * @module
 */
import { join } from "@std/path";
import * as v from "valibot";
import { readIfThere, readWholeFile, writeFileAtomically } from "../disk/files.ts";
import { RunError, UsageError } from "../errors.ts";
import { type Commit, readCurrentFile } from "../memory/current.ts";
import { digestSchema, epochSchema } from "./checkpoint/epoch_digests.ts";
import { checkpointName, describeCheckpoint, type Progress } from "./checkpoint/progress.ts";
import { memoryFolder } from "../memory/layout.ts";

const CHECKPOINTS = "checkpoints";
/** The file, in that folder, that says which checkpoints are committed. */
export const RECORD_FILE = "committed.json";
const CHECKPOINT = /^epoch-(\d+)(?:\.step-(\d+))?\.safetensors$/;

/** The names by which a checkpoint is asked for. */
export const CHECKPOINT_LINKS = ["best", "last"] as const satisfies CheckpointLink[];
/** One of {@linkcode CHECKPOINT_LINKS}. */
export type CheckpointLink = "best" | "last";

const committedSchema = v.strictObject({
  /** A name in the folder, never a path out of it. */
  name: v.pipe(v.string(), v.regex(CHECKPOINT)),
  sha256: digestSchema,
});

const recordSchema = v.strictObject({
  format: v.literal("memloss-checkpoints"),
  version: v.literal(1),
  last: committedSchema,
  best: v.optional(committedSchema),
  /** Every finished epoch, ascending; those before the record had this field are missing. */
  epochs: v.optional(v.array(epochSchema)),
});
/** The checkpoints of a commit, and what came before them. */
export type CommittedCheckpoints = Pick<
  v.InferOutput<typeof recordSchema>,
  "last" | "best" | "epochs"
>;

/** The folder of the checkpoints of the run in `directory`. */
export function checkpointFolder(directory: string): string {
  return join(directory, CHECKPOINTS);
}

/** The path of the checkpoint `name` of the run in `directory`. */
export function checkpointPath(directory: string, name: string): string {
  return join(directory, CHECKPOINTS, name);
}

/** Whether `name` is a checkpoint's, and no path to elsewhere. */
export function isCheckpointName(name: string): boolean {
  return CHECKPOINT.test(name);
}

/**
 * Reads what the run in `directory` has committed; undefined in a run that has committed nothing yet, or was made before
 * there was such a record.
 *
 * @throws {RunError} if the record is damaged or cannot be read
 */
export async function readCommittedCheckpoints(
  directory: string,
): Promise<CommittedCheckpoints | undefined> {
  const path = checkpointPath(directory, RECORD_FILE);
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  const record = decodeRecord(new TextDecoder().decode(bytes));
  if (record !== undefined) return record;
  throw new RunError(`${path} is damaged: restore it from a copy`);
}

function decodeRecord(text: string): CommittedCheckpoints | undefined {
  try {
    const { last, best, epochs } = v.parse(recordSchema, JSON.parse(text));
    return { last, ...best && { best }, ...epochs && { epochs } };
  } catch {
    return undefined;
  }
}

/** Writes what is committed in `directory`, whole or not at all. Throws a {@linkcode RunError} if that fails. */
export async function writeCommitted(
  directory: string,
  { last, best, epochs }: CommittedCheckpoints,
): Promise<void> {
  const format = "memloss-checkpoints";
  // Parsed for the order of its fields.
  const record = v.parse(recordSchema, { format, version: 1, last, best, epochs });
  const text = JSON.stringify(record, null, 2) + "\n";
  await writeFileAtomically(
    checkpointPath(directory, RECORD_FILE),
    new TextEncoder().encode(text),
  );
}

/** A checkpoint that was found; without a digest where none was ever committed. */
export interface FoundCheckpoint {
  readonly name: string;
  readonly sha256?: string;
}

/**
 * Finds the checkpoint that `link` stands for in the run in `directory`; undefined if there is none.
 *
 * @throws {RunError} if a record is damaged or cannot be read
 */
export async function findCheckpoint(
  directory: string,
  link: CheckpointLink,
): Promise<FoundCheckpoint | undefined> {
  const record = await readCommittedCheckpoints(directory);
  if (link === "best") return record ? record.best : await findOldBest(directory);
  const memory = await readCurrentFile(memoryFolder(directory));
  // It shows a moment before the record does.
  if (memory?.commit) return committedWith(memory.commit, directory);
  if (record) return record.last;
  // Under a memory that nothing was committed to lies at most what a killed process did not come to commit.
  return memory ? undefined : await findOldLast(directory);
}

/**
 * The checkpoint that a commit of the run in `directory` has named last, whether or not its memory is there; undefined if
 * there was none.
 */
export async function findNamedLast(directory: string): Promise<FoundCheckpoint | undefined> {
  const record = await readCommittedCheckpoints(directory);
  if (record) return record.last;
  const name = await readLink(directory, "last");
  return name === undefined ? undefined : { name };
}

function committedWith(
  { checkpoint: name, checkpointSha256: sha256 }: Commit,
  directory: string,
): FoundCheckpoint {
  if (isCheckpointName(name)) return { name, sha256 };
  throw new RunError(`The memory of ${directory} names a checkpoint that cannot be one: ${name}`);
}

/** What the link `last` says, or the newest checkpoint: every one is whole, and the newest got furthest. */
async function findOldLast(directory: string): Promise<FoundCheckpoint | undefined> {
  const name = await readLink(directory, "last") ?? await findNewest(directory);
  return name === undefined ? undefined : { name };
}

/** What the link `best` says, or the last checkpoint, which knows the best one's epoch. */
async function findOldBest(directory: string): Promise<FoundCheckpoint | undefined> {
  const linked = await readLink(directory, "best");
  if (linked !== undefined) return { name: linked };
  const last = await findCheckpoint(directory, "last");
  if (last === undefined) return undefined;
  const progress = await progressOf(checkpointPath(directory, last.name));
  if (progress?.best === undefined) return undefined;
  const name = checkpointName({ ...progress, epoch: progress.best.epoch, complete: true });
  return await isThere(checkpointPath(directory, name)) ? { name } : undefined;
}

/** Where the checkpoint at `path` stands; undefined if it is damaged, which whoever evaluates it is told. */
async function progressOf(path: string): Promise<Progress | undefined> {
  try {
    return (await describeCheckpoint(path)).progress;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** The checkpoint that a symbolic link names; a copy may have made a text or a whole checkpoint of the link. */
async function readLink(directory: string, link: CheckpointLink): Promise<string | undefined> {
  try {
    const name = await Deno.readLink(checkpointPath(directory, link));
    return isCheckpointName(name) && await isThere(checkpointPath(directory, name))
      ? name
      : undefined;
  } catch {
    return undefined;
  }
}

async function findNewest(directory: string): Promise<string | undefined> {
  let newest: { name: string; epoch: number; step: number } | undefined;
  const entries = await Array.fromAsync(Deno.readDir(checkpointFolder(directory))).catch(() => []);
  for (const { name } of entries) {
    const match = CHECKPOINT.exec(name);
    if (match === null) continue;
    const epoch = Number(match[1]), step = Number(match[2] ?? Infinity);
    const further = newest === undefined || epoch > newest.epoch ||
      epoch === newest.epoch && step > newest.step;
    if (further) newest = { name, epoch, step };
  }
  return newest?.name;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The checkpoint at `path` is not what was committed. */
export function damagedCheckpoint(path: string): UsageError {
  return new UsageError(
    `${path} is damaged (it is not the checkpoint that was committed): restore it from a copy`,
  );
}

/** How often a reader looks again because a commit has replaced what it was about to read. */
const ATTEMPTS = 10;

/**
 * Finds a checkpoint and reads it: one commit's, also while a trainer commits.
 *
 * @returns undefined if there is none
 * @throws {RunError} if it cannot be read
 */
export async function readCheckpoint(
  directory: string,
  link: CheckpointLink,
): Promise<{ found: FoundCheckpoint; bytes: Uint8Array<ArrayBuffer> } | undefined> {
  for (let attempt = 1;; attempt++) {
    const found = await findCheckpoint(directory, link);
    if (found === undefined) return undefined;
    try {
      return { found, bytes: await readWholeFile(checkpointPath(directory, found.name)) };
    } catch (error) {
      const gone = (error as RunError).cause instanceof Deno.errors.NotFound;
      const now = gone ? await findCheckpoint(directory, link) : found;
      if (now?.name === found.name || attempt === ATTEMPTS) throw error;
    }
  }
}
