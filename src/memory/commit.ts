/**
 * A commit as its caller asks for it, and as it is told of it afterwards.
 *
 * @module
 */
import type { Generation } from "./committed.ts";
import type { Commit } from "./current.ts";
import type { SealedManifest } from "./generation/writer.ts";

/** What the last commit made current. */
export interface Pointer {
  /** The epoch whose generation was written last. */
  readonly epoch: number;
  /** The caller's step, as given to the commit. */
  readonly step: number;
  /** Whether `epoch` had ended; if not, `MemoryStore.begin()` continues its generation. */
  readonly complete: boolean;
  /** The checkpoint that belongs to these generations, as given to the commit. */
  readonly checkpoint: string;
  /** SHA-256 of that checkpoint's bytes, hexadecimal. */
  readonly checkpointSha256: string;
  /** Epochs of the generations that can be read, ascending. */
  readonly generations: readonly number[];
}

/** What to make current. */
export interface CommitRequest {
  /** The epoch given to `MemoryStore.begin()`. */
  readonly epoch: number;
  readonly step: number;
  /** Whether the epoch has ended. */
  readonly complete: boolean;
  /** Name of the checkpoint, which must already be on the disk. */
  readonly checkpoint: string;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly checkpointSha256: string;
  /** Epochs of older generations to keep; those that do not exist are ignored, the rest are removed. */
  readonly keep: readonly number[];
}

/**
 * The commit that `request` asks for, and the generations that it points at, by epoch.
 *
 * @param number of the commit, from 1
 * @param before the generations that were current
 * @param sealed the manifest of the generation that was written
 */
export function nextCommit(
  { epoch, step, checkpoint, checkpointSha256, keep }: CommitRequest,
  number: number,
  before: ReadonlyMap<number, Generation>,
  { file, sha256, manifest }: SealedManifest,
): { readonly commit: Commit; readonly generations: Map<number, Generation> } {
  const kept = [...before].filter(([old]) => keep.includes(old));
  const entry = { epoch, commit: number, manifest: file, sha256 };
  const generations = new Map([...kept, [epoch, { entry, manifest }]]);
  const entries = [...generations.values()].map((generation) => generation.entry);
  const pointed = { epoch, step, checkpoint, checkpointSha256 };
  return { commit: { commit: number, ...pointed, generations: entries }, generations };
}

/** What `commit` points at, with its generations by epoch. */
export function pointerOf(
  { epoch, step, checkpoint, checkpointSha256 }: Commit,
  byEpoch: ReadonlyMap<number, Generation>,
): Pointer {
  const { complete } = byEpoch.get(epoch)!.manifest;
  const generations = [...byEpoch.keys()].sort((a, b) => a - b);
  return { epoch, step, complete, checkpoint, checkpointSha256, generations };
}
