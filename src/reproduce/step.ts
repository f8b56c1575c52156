/**
 * One step of a table that several machines share, each of them a process of its own.
 *
 * @module
 */
import { join } from "@std/path";
import { FileLock } from "../disk/file_lock.ts";
import { createDirectory } from "../disk/files.ts";
import { UsageError } from "../errors.ts";
import { readEvaluated } from "../evaluate/asked/evaluated.ts";
import { evaluateRun } from "../evaluate/evaluate_run.ts";
import { shardsThere } from "../evaluate/shards/merge_shards.ts";
import { batchesOf, type Shard } from "../evaluate/shards/shard.ts";
import { isTrained } from "../run/folder/files.ts";
import { cellsFolder, isFinished, readCell } from "./cell.ts";
import {
  cellRun,
  evaluationOf,
  makeCell,
  missingRun,
  type Sitting,
  trainRun,
} from "./make_cell.ts";
import type { CellPlan } from "./plan.ts";

/** What a process does for a cell: trains its run, evaluates a shard under AutoAttack, or makes all that is left of it. */
export type CellStep = "train" | Shard | "cell";

/**
 * Does `step` for the cell of `plan` in `out`, unless it is done. Where another process is at work on the cell, it waits,
 * but for shards, which are made side by side.
 *
 * @throws {UsageError} if a shard is asked for and the run is not trained, or has some of another number
 * @throws {Interrupted} if the sitting ends; the same call continues
 */
export async function makeStep(
  out: string,
  plan: CellPlan,
  step: CellStep,
  sitting: Sitting,
): Promise<void> {
  await createDirectory(cellsFolder(out));
  if (typeof step !== "string") return await evaluateShard(out, plan, step, sitting);
  using _lock = await waitForCell(out, plan, sitting);
  const cell = await readCell(out, plan);
  if (cell && isFinished(cell)) return;
  const missing = await missingRun(out, plan);
  if (missing) {
    using _otherLock = await waitForCell(out, missing, sitting);
    await trainRun(out, missing, sitting);
  }
  if (step === "train") await trainRun(out, plan, sitting);
  else await makeCell(out, plan, sitting);
}

/** What takes hours is AutoAttack; {@linkcode makeCell} measures the rest. */
async function evaluateShard(
  out: string,
  plan: CellPlan,
  { index, count: most }: Shard,
  sitting: Sitting,
): Promise<void> {
  const { autoattack: images } = plan.request.evaluations, runDir = cellRun(out, plan);
  const cell = await readCell(out, plan);
  if (images === undefined || cell && "autoattack" in cell.evaluations) return;
  if (!await isTrained(runDir)) {
    throw new UsageError(`${plan.name} is not trained yet: --step train comes before its shards.`);
  }
  const options = evaluationOf(plan, "autoattack", sitting);
  const count = Math.min(most, batchesOf(await readEvaluated(runDir, options)));
  // All shards of another number do as well; some of them are refused, before hours are spent.
  const found = await shardsThere(runDir, options);
  if (found?.complete && found.count !== count) return;
  if (index <= count) await evaluateRun(runDir, { ...options, shard: { index, count } });
}

function waitForCell(out: string, { name }: CellPlan, { signal }: Sitting): Promise<FileLock> {
  return FileLock.wait(join(cellsFolder(out), `${name}.lock`), signal);
}
