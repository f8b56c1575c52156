/**
 * What a checkpoint says of itself beside its weights: where its run stands. Read without loading an engine.
 *
 * @module
 */
import * as v from "valibot";
import { readWholeFile } from "../../disk/files.ts";
import { UsageError } from "../../errors.ts";
import { decodeSafetensors } from "../../format/safetensors.ts";
import { sha256 } from "../../format/sha256.ts";
import { BINS } from "../../statistics/histogram.ts";

const ProgressSchema = v.strictObject({
  /** The epoch in progress or just finished, from 1. */
  epoch: v.number(),
  /** Steps done in this epoch. */
  step: v.number(),
  /** Whether the epoch is over: all steps done and the selection's evaluation made. */
  complete: v.boolean(),
  /** The best checkpoint so far, where one is selected. */
  best: v.optional(v.strictObject({ epoch: v.number(), accuracy: v.number() })),
  /** Sums over this epoch's examples, for its means: loss terms times batch size, by name. */
  sums: v.record(v.string(), v.number()),
  /** The weights of this epoch's examples so far; an epoch that is over has logged them. */
  weights: v.optional(v.strictObject({
    sum: v.number(),
    counts: v.pipe(v.array(v.number()), v.length(BINS)),
  })),
  /** Sums over this epoch's attacked examples so far; an epoch that is over has logged their means. */
  attack: v.optional(v.strictObject({
    examples: v.number(),
    lossBefore: v.number(),
    lossAfter: v.number(),
    fooled: v.number(),
    /** Of those whose attack was measured to its end, among them. */
    sampled: v.optional(v.strictObject({
      examples: v.number(),
      lossBefore: v.number(),
      lossAfter: v.number(),
    })),
  })),
});

/** Where a run stands. */
export type Progress = v.InferOutput<typeof ProgressSchema>;

/** The file name of the checkpoint at `progress`. */
export function checkpointName({ epoch, step, complete }: Progress): string {
  const number = String(epoch).padStart(3, "0");
  return complete ? `epoch-${number}.safetensors` : `epoch-${number}.step-${step}.safetensors`;
}

/** The epoch that the checkpoint `name` was made at the end of; undefined if it was made before the end of one. */
export function finishedEpoch(name: string): number | undefined {
  const epoch = /^epoch-(\d+)\.safetensors$/.exec(name)?.[1];
  return epoch === undefined ? undefined : Number(epoch);
}

/** The epoch that the checkpoint `name` was made in or at the end of. */
export function epochOf(name: string): number {
  return Number(/^epoch-(\d+)/.exec(name)![1]);
}

/** `progress` as a checkpoint's metadata. */
export function encodeProgress(progress: Progress): string {
  // Parsed for the order of its fields, which is another one in a run that was resumed.
  return JSON.stringify(v.parse(ProgressSchema, progress));
}

/**
 * Reads back what {@linkcode encodeProgress} made.
 *
 * @throws {UsageError} naming `path` if it is no progress
 */
export function decodeProgress(text: string | undefined, path: string): Progress {
  try {
    return v.parse(ProgressSchema, JSON.parse(text ?? ""));
  } catch {
    throw new UsageError(
      `${path} holds no training progress: it is not a checkpoint to resume from.`,
    );
  }
}

/**
 * Reads what a checkpoint says of itself, without its weights.
 *
 * @returns its progress, and the SHA-256 of its bytes
 * @throws {RunError} if the file cannot be read
 * @throws {UsageError} if it is no checkpoint
 */
export async function describeCheckpoint(
  path: string,
): Promise<{ progress: Progress; sha256: string }> {
  const bytes = await readWholeFile(path);
  const { metadata } = decodeSafetensors(bytes, path);
  return { progress: decodeProgress(metadata.memloss, path), sha256: sha256(bytes) };
}
