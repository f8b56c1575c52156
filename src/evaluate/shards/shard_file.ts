/**
 * What was found on one shard, in a file: `FOLDER/2-of-4.json`. The folder is that of one evaluation.
 *
 * @module
 */
import { join } from "@std/path";
import * as v from "valibot";
import { listFolder, readIfThere, writeFileAtomically } from "../../disk/files.ts";
import { UsageError } from "../../errors.ts";
import { formatJson } from "../../format/json.ts";
import { sha256 } from "../../format/sha256.ts";
import type { Subject } from "../../run/subject.ts";
import { findDifference, type Identity, identityName } from "../asked/identity.ts";
import { statePlace } from "../autoattack/state_folder.ts";
import type { EvaluationReport } from "../report.ts";

import type { Shard } from "./shard.ts";

const number = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const ShardSchema = v.strictObject({
  format: v.literal(1),
  shard: v.strictObject({ index: number, count: number }),
  identity: v.record(v.string(), v.unknown()),
  /** SHA-256 of the report's JSON. */
  sha256: v.string(),
  report: v.looseObject({}),
});

/** How the file of a shard is called. */
const NAME = /^([1-9]\d*)-of-([1-9]\d*)\.json$/;

/** The end of the name of a folder of shards. */
export const SHARDS_FOLDER = ".shards";

/** The folder of the shards of the evaluation of `subject` with this `identity`; by default where its state is kept too. */
export function shardsFolder(
  subject: Subject,
  identity: Identity,
  stateDir: string | undefined,
): string {
  const { folder, prefix } = statePlace(subject, stateDir);
  return join(folder, `${prefix}${identityName(identity)}${SHARDS_FOLDER}`);
}

/** The file of `shard` in `folder`. */
export function shardPath(folder: string, { index, count }: Shard): string {
  return join(folder, `${index}-of-${count}.json`);
}

/** The shards that have files in `folder`, whatever these hold. Throws a `RunError` if it cannot be read. */
export async function listShards(folder: string): Promise<Shard[]> {
  const names = (await listFolder(folder)).map(({ name }) => NAME.exec(name));
  return names.filter((found) => found !== null)
    .map(([, index, count]) => ({ index: Number(index), count: Number(count) }))
    .filter(({ index, count }) => index <= count)
    .sort((a, b) => a.count - b.count || a.index - b.index);
}

/**
 * What was found on `shard`; undefined if it is not evaluated yet.
 *
 * @throws {UsageError} if its file is damaged, or holds another shard or one of another evaluation than `identity`
 * @throws {RunError} if it cannot be read
 */
export async function readShard(
  folder: string,
  shard: Shard,
  identity: Identity,
): Promise<EvaluationReport | undefined> {
  const path = shardPath(folder, shard);
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  const file = decode(bytes);
  const refuse = (what: string) =>
    new UsageError(`${path} ${what}: move it away, and evaluate --shard ${describe(shard)} again.`);
  if (file === undefined) throw refuse("is damaged");
  const difference = findDifference(file.identity, identity);
  if (difference) throw refuse(`was made ${difference}`);
  if (describe(file.shard) !== describe(shard)) {
    throw refuse(`holds shard ${describe(file.shard)} a second time`);
  }
  return file.report as unknown as EvaluationReport;
}

/**
 * Keeps what was found on `shard`.
 *
 * @throws {RunError} if it cannot be written
 */
export async function writeShard(
  folder: string,
  shard: Shard,
  identity: Identity,
  report: EvaluationReport,
): Promise<void> {
  const file = { format: 1, shard, identity, sha256: sha256(JSON.stringify(report)), report };
  const bytes = new TextEncoder().encode(formatJson(file) + "\n");
  await writeFileAtomically(shardPath(folder, shard), bytes);
}

function decode(bytes: Uint8Array): v.InferOutput<typeof ShardSchema> | undefined {
  try {
    const file = v.parse(ShardSchema, JSON.parse(new TextDecoder().decode(bytes)));
    return sha256(JSON.stringify(file.report)) === file.sha256 ? file : undefined;
  } catch {
    return undefined;
  }
}

function describe({ index, count }: Shard): string {
  return `${index}/${count}`;
}
