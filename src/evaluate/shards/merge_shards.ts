/**
 * Puts the shards of an evaluation together.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { listFolder } from "../../disk/files.ts";
import { readEvaluated } from "../asked/evaluated.ts";
import { identityOf } from "../asked/identity.ts";
import { statePlace } from "../autoattack/state_folder.ts";
import { checkOptions } from "../asked/checks.ts";
import type { EvaluationOptions } from "../evaluation_options.ts";
import { keepReport } from "../kept_report.ts";
import type { EvaluationReport } from "../report.ts";
import { mergeReports } from "./merge_reports.ts";
import type { Shard } from "./shard.ts";
import { listShards, readShard, SHARDS_FOLDER, shardsFolder } from "./shard_file.ts";

/**
 * The report of the evaluation of `target` that `evaluateRun` with a `shard` has made in parts, by the same options; a run
 * keeps it in its `eval/` as it keeps that of an evaluation in one piece. No device is opened, and the shards stay.
 *
 * @example Two machines' work
 * ```ts
 * import { evaluateRun, mergeShards, startRun } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const run = await Deno.makeTempDir();
 * const tiny = { data: "synthetic", width: 1, limitTrain: 8, limitTest: 4, select: "none" } as const;
 * await startRun({ variant: "standard", epochs: 1, backend: "wasm", batchSize: 2, ...tiny }, run);
 * const options = { attacks: ["clean", "fgsm"] } as const;
 * await evaluateRun(run, { ...options, shard: { index: 1, count: 2 } });
 * await evaluateRun(run, { ...options, shard: { index: 2, count: 2 } });
 * const { clean } = await mergeShards(run, options);
 * assert.equal(clean?.n, 4);
 * await Deno.remove(run, { recursive: true });
 * ```
 *
 * @throws {UsageError} if a shard is missing, damaged, there twice, or of other weights or options
 * @throws {RunError} if a file cannot be read or written
 */
export async function mergeShards(
  target: string,
  options: EvaluationOptions = {},
): Promise<EvaluationReport> {
  checkOptions(options);
  const { observer } = options;
  const { subject, identity, folder } = await locate(target, options);
  const shards = await listShards(folder);
  await checkComplete(folder, shards, statePlace(subject, options.autoAttack?.stateDir).folder);
  const reports: EvaluationReport[] = [];
  for (const shard of shards) reports.push((await readShard(folder, shard, identity))!);
  const devices = new Set(reports.map(({ backend: { name, adapter } }) => `${name} (${adapter})`));
  if (devices.size > 1) {
    throw new UsageError(
      `The shards in ${folder} were computed by ${
        [...devices].join(" and by ")
      }, which round differently: evaluate them all on one kind of device.`,
    );
  }
  const report = mergeReports(reports);
  observer?.onReport?.(report);
  await keepReport(subject, report, observer);
  return report;
}

/**
 * Into how many shards the evaluation of `target` has been cut, and whether all are there; undefined where nobody has begun
 * with one.
 *
 * @throws {UsageError} if there is nothing to evaluate, or shards of several numbers are there
 * @throws {RunError} if a file cannot be read
 */
export async function shardsThere(
  target: string,
  options: EvaluationOptions,
): Promise<{ readonly count: number; readonly complete: boolean } | undefined> {
  const { folder } = await locate(target, options), shards = await listShards(folder);
  refuseDouble(folder, shards);
  const count = shards[0]?.count;
  return count === undefined ? undefined : { count, complete: shards.length === count };
}

/** The shards' folder, and what it is the shards of. */
async function locate(target: string, options: EvaluationOptions) {
  const { subject, ...evaluated } = await readEvaluated(target, options);
  const identity = await identityOf({ subject, ...evaluated }, options);
  return {
    subject,
    identity,
    folder: shardsFolder(subject, identity, options.autoAttack?.stateDir),
  };
}

/** @throws {UsageError} if `shards` are of several numbers of them */
function refuseDouble(folder: string, shards: readonly Shard[]): void {
  const counts = [...new Set(shards.map(({ count }) => count))];
  if (counts.length < 2) return;
  throw new UsageError(
    `${folder} has shards of ${
      counts.join(" and of ")
    }, which hold images twice: move those of all but one number away.`,
  );
}

/** @throws {UsageError} unless `shards` are all of one number of them */
async function checkComplete(
  folder: string,
  shards: readonly Shard[],
  place: string,
): Promise<void> {
  refuseDouble(folder, shards);
  const count = shards[0]?.count;
  if (count === undefined) {
    const others = (await listFolder(place)).some(({ name }) => name.endsWith(SHARDS_FOLDER));
    throw new UsageError(
      `There is no shard of this evaluation in ${place}${
        others ? ", only some of other weights or options" : ""
      }: make them with --shard 1/N, and give --merge the same flags.`,
    );
  }
  const present = new Set(shards.map(({ index }) => index));
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((i) => !present.has(i));
  if (missing.length === 0) return;
  const flags = missing.map((index) => `--shard ${index}/${count}`).join(", ");
  throw new UsageError(
    `${missing.length} of ${count} shards are missing in ${folder}: evaluate ${flags} first.`,
  );
}
