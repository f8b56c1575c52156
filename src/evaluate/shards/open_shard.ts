/**
 * One shard of an evaluation, which may have been evaluated before.
 *
 * @module
 */
import { createDirectory } from "../../disk/files.ts";
import type { Evaluated } from "../asked/evaluated.ts";
import { identityOf } from "../asked/identity.ts";
import type { EvaluationOptions } from "../evaluation_options.ts";
import type { EvaluationReport } from "../report.ts";
import { type Shard, shardIds } from "./shard.ts";
import { readShard, shardPath, shardsFolder, writeShard } from "./shard_file.ts";

/** A shard with its file. */
export interface OpenShard {
  /** Its images. */
  readonly ids: Uint32Array;
  /** What was found before. */
  readonly found: EvaluationReport | undefined;
  /** Keeps what was found. Throws a `RunError` if it cannot be written. */
  keep(report: EvaluationReport): Promise<void>;
}

/**
 * Opens `shard` of the evaluation that `evaluated` and `options` are of.
 *
 * @throws {UsageError} if there are fewer batches than shards, or its file is damaged or another evaluation's
 * @throws {RunError} if its folder cannot be made or read
 */
export async function openShard(
  evaluated: Evaluated,
  options: EvaluationOptions,
  shard: Shard,
): Promise<OpenShard> {
  const ids = shardIds(evaluated.ids, evaluated.recipe.batchSize, shard);
  const identity = await identityOf(evaluated, options);
  const folder = shardsFolder(evaluated.subject, identity, options.autoAttack?.stateDir);
  await createDirectory(folder); // whether it can be is known before hours are spent
  const tell = (what: string) =>
    options.observer?.onNote?.(
      `Shard ${shard.index}/${shard.count} ${what} ${shardPath(folder, shard)}.`,
    );
  const found = await readShard(folder, shard, identity);
  if (found) tell("was evaluated before: it is in");
  return {
    ids,
    found,
    async keep(report) {
      await writeShard(folder, shard, identity, report);
      tell("is in");
    },
  };
}
