/**
 * An evaluation on several machines, as flags.
 *
 * @module
 */
import * as v from "valibot";
import type { Shard } from "../../evaluate/shards/shard.ts";
import { type Flag, switchFlag } from "../../recipe/flag.ts";

const EXPECTED = "must be one of 1/N to N/N, such as 2/4";
const number = v.pipe(v.number(EXPECTED), v.safeInteger(EXPECTED), v.minValue(1, EXPECTED));
const shardSchema = v.pipe(
  v.strictObject({ index: number, count: number }, EXPECTED),
  v.check(({ index, count }) => index <= count, EXPECTED),
);

const shardFlag: Flag<typeof shardSchema> = {
  name: "shard",
  placeholder: "I/N",
  help: "evaluate the I-th of N parts of the images, and keep what was found for --merge",
  schema: shardSchema,
  parse(text): Shard | undefined {
    const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
    return index === undefined ? undefined : { index: Number(index), count: Number(count) };
  },
};

/** Which part of the work is this machine's. */
export const SHARD_FLAGS = {
  shard: shardFlag,
  merge: switchFlag(
    "merge",
    "attack nothing: put together what the same command with --shard 1/N to N/N has found",
  ),
} as const;
