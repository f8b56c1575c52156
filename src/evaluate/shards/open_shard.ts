/**
 * One shard of an evaluation, which may have been evaluated before.
 *
 * @module
 */
import { createDirectory } from "../../disk/files.ts";
import { UsageError } from "../../errors.ts";
import type { Evaluated } from "../asked/evaluated.ts";
import { identityOf } from "../asked/identity.ts";
import type { EvaluationOptions } from "../evaluation_options.ts";
import type { EvaluationReport } from "../report.ts";
import { type Shard, shardIds } from "./shard.ts";
import { listShards, readShard, shardPath, shardsFolder, writeShard } from "./shard_file.ts";

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
 * @throws {UsageError} if there are fewer batches than shards, shards of another number are there, or its file is damaged or
 *   another evaluation's
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
  await refuseOtherCount(folder, shard);
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

/** Shards of another number would be found to hold the same images twice, once all of them are evaluated. */
async function refuseOtherCount(folder: string, { index, count }: Shard): Promise<void> {
  const other = (await listShards(folder)).find((each) => each.count !== count)?.count;
  if (other === undefined) return;
  throw new UsageError(
    `${folder} has shards of ${other}, and ${index}/${count} would hold some of their images twice: ` +
      `evaluate what is missing of the ${other}, or move them away.`,
  );
}
