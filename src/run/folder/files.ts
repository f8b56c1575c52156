/**
 * What lies in a run's folder beside its memory, where, and what that says to anybody who may read it.
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../../errors.ts";
import { readWholeFile, removeTemporaries } from "../../disk/files.ts";
import { ioError, isAboutPlace } from "../../disk/failure.ts";
import { exists } from "../../disk/regular.ts";
import { readCommittedCheckpoints } from "../checkpoints.ts";
import { epochOf, finishedEpoch } from "../checkpoint/progress.ts";
import { endOf } from "../checkpoint/run_end.ts";
import { METRICS_TABLE } from "../metrics_table.ts";
import { decodeRunRecord, type RunRecord } from "../run_record.ts";
import { METRICS_LOG } from "../run_log.ts";

/** Says how the run was started. */
export const RECIPE_FILE = "recipe.json";
/** A copy of the weights that the run began with, where they were given. */
const INITIAL_WEIGHTS = "initial.safetensors";
/** A copy of the weights of its helper, where its method has one. */
const HELPER_WEIGHTS = "helper.safetensors";
/** The run of its helper, where it trains that itself. */
const HELPER_RUN = "helper";
const REPORTS = "eval";
/** The run's own files, which are written under a temporary name first. */
export const RUN_FILES: readonly string[] = [
  RECIPE_FILE,
  INITIAL_WEIGHTS,
  HELPER_WEIGHTS,
  METRICS_LOG,
  METRICS_TABLE,
];

/** Where `directory` says how its run was started. */
export function recipePath(directory: string): string {
  return join(directory, RECIPE_FILE);
}

/** Where `directory` has the weights that its run began with, if they were given. */
export function initialWeightsPath(directory: string): string {
  return join(directory, INITIAL_WEIGHTS);
}

/** Where `directory` has the weights of its run's helper, if it has one. */
export function helperPath(directory: string): string {
  return join(directory, HELPER_WEIGHTS);
}

/** Where `directory` has the run of its helper, if it trains one. */
export function helperRunPath(directory: string): string {
  return join(directory, HELPER_RUN);
}

/**
 * Reads how the run in `directory` was started.
 *
 * @throws {UsageError} if it is not a run folder
 * @throws {RunError} if that cannot be seen
 */
export async function readRunRecord(directory: string): Promise<RunRecord> {
  const path = recipePath(directory);
  try {
    await Deno.stat(path);
  } catch (error) {
    if (isAboutPlace(error)) throw ioError(`Could not read ${path}`, error);
    throw new UsageError(
      await exists(directory)
        ? `${directory} is not a run folder: it has no ${RECIPE_FILE}.`
        : `There is no run folder ${directory}.`,
    );
  }
  return decodeRunRecord(new TextDecoder().decode(await readWholeFile(path)), path);
}

/**
 * Whether the run in `directory` is over, as {@linkcode endOf} says of its last commit; it is not if there is none.
 *
 * @throws {UsageError | RunError} if its record or its checkpoints' is damaged
 */
export async function isTrained(directory: string): Promise<boolean> {
  return await exists(recipePath(directory)) && await stoppedAfter(directory) === undefined;
}

/**
 * How many whole epochs the run in `directory` has made by its last commit, where that is not its end; undefined if it is over.
 *
 * @throws {UsageError | RunError} if it is no run, or its record or its checkpoints' is damaged
 */
export async function stoppedAfter(directory: string): Promise<number | undefined> {
  const { recipe } = await readRunRecord(directory);
  const { last, best } = await readCommittedCheckpoints(directory) ?? {};
  if (last === undefined) return 0;
  const epoch = finishedEpoch(last.name), bestEpoch = best && finishedEpoch(best.name);
  if (epoch === undefined) return epochOf(last.name) - 1;
  const progress = { epoch, complete: true };
  const end = endOf(
    recipe,
    bestEpoch === undefined ? progress : { ...progress, best: { epoch: bestEpoch } },
  );
  return end === undefined ? epoch : undefined;
}

/**
 * Removes what killed processes left of files that they were writing in the run's folder `directory`, which nobody else
 * may have open for training.
 *
 * @throws {RunError} if one cannot be removed
 */
export async function removeLeftovers(directory: string): Promise<void> {
  await removeTemporaries(directory, (name) => RUN_FILES.includes(name));
  // An evaluation needs no lock and writes its report in an instant.
  const reports = join(directory, REPORTS);
  await removeTemporaries(reports, (name) => name.endsWith(".json"), { age: 60_000 });
}
