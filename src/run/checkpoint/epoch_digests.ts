/**
 * What every epoch of a run left, as digests: they stay when the files are gone, to be held against a repetition.
 *
 * @module
 */
import * as v from "valibot";
import { finishedEpoch } from "./progress.ts";
import { fileChecksums } from "./tensor_checksums.ts";

/** SHA-256 of a file's bytes, hexadecimal. */
export const digestSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** An epoch's digests in the record of what is committed. */
export const epochSchema = v.strictObject({
  /** From 1. */
  epoch: v.number(),
  /** Of the checkpoint at its end: weights, optimiser and progress. */
  checkpoint: digestSchema,
  /** Of each of its tensors, one after another. */
  tensors: v.optional(v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{8})*$/))),
  /** Of the manifest of the memory's generation, in a run with a memory: it has the digests of all the rest. */
  memory: v.optional(digestSchema),
});
/** What an epoch left, long after its files are gone. */
export type EpochDigests = v.InferOutput<typeof epochSchema>;
/** What is known of them beside that of the checkpoint. */
export type KnownDigests = Partial<Pick<EpochDigests, "tensors" | "memory">>;

/**
 * The digests of all epochs up to the checkpoint `last`: those `before`, and its own if it finishes an epoch. What a commit
 * has said of an epoch stays, whatever has become of the memory since.
 *
 * @param path where the checkpoint lies: it is read unless the checksums of its tensors are `known`
 */
export async function withEpoch(
  before: readonly EpochDigests[],
  { name, sha256 }: { readonly name: string; readonly sha256: string },
  path: string,
  known: KnownDigests,
): Promise<EpochDigests[]> {
  const epoch = finishedEpoch(name);
  if (epoch === undefined) return [...before];
  const said = before.find((each) => each.epoch === epoch && each.checkpoint === sha256);
  const own = said ?? await digestsOf(epoch, sha256, path, known);
  return [...before.filter((each) => each.epoch < epoch), own];
}

async function digestsOf(
  epoch: number,
  checkpoint: string,
  path: string,
  { tensors: summed, memory }: KnownDigests,
): Promise<EpochDigests> {
  const tensors = summed ?? await fileChecksums(path);
  return {
    ...{ epoch, checkpoint },
    ...tensors !== undefined && { tensors },
    ...memory !== undefined && { memory },
  };
}
