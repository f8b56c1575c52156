/**
 * A share of an evaluation's images: machines that share nothing but files can each evaluate one.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";

/** Which of how many shares. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  /** How many there are. */
  readonly count: number;
}

/** How many batches an evaluation is made of: there can be no more shards. */
export function batchesOf(
  { ids, recipe: { batchSize } }: {
    readonly ids: Uint32Array;
    readonly recipe: { readonly batchSize: number };
  },
): number {
  return Math.ceil(ids.length / batchSize);
}

/**
 * The images of `shard`: whole batches that follow each other, so that every batch is one of the whole evaluation's.
 *
 * @param ids all images of the evaluation
 * @throws {UsageError} if there are fewer batches than shards
 */
export function shardIds(
  ids: Uint32Array,
  batchSize: number,
  { index, count }: Shard,
): Uint32Array {
  const batches = batchesOf({ ids, recipe: { batchSize } });
  if (count > batches) {
    throw new UsageError(
      `--shard ${index}/${count}: ${ids.length} images are ${batches} batches of ${batchSize}, ` +
        `which make ${batches} shards at most: take fewer, or a smaller --batch-size.`,
    );
  }
  const end = (shards: number) => Math.floor(shards * batches / count) * batchSize;
  return ids.slice(end(index - 1), end(index));
}
