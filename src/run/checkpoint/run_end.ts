/**
 * When a run is over. What a checkpoint says of itself decides it, so that a resumed run ends where it would have.
 *
 * @module
 */
import { exists } from "../../disk/regular.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { checkpointPath, findCheckpoint, readCommittedCheckpoints } from "../checkpoints.ts";
import { readRunRecord, recipePath } from "../run_folder.ts";
import { describeCheckpoint, type Progress } from "./progress.ts";

/** Why a run is over: it has made all epochs, or its accuracy has not risen for as long as `--early-stop` says. */
export type RunEnd = "epochs" | "early-stop";

/** Why the run of a recipe is over at a place; undefined if it is not. */
export function endOf(
  { epochs, earlyStop = Infinity }: Pick<Recipe, "epochs" | "earlyStop">,
  { epoch, complete, best }: Pick<Progress, "epoch" | "complete" | "best">,
): RunEnd | undefined {
  if (!complete) return undefined;
  if (best !== undefined && epoch - best.epoch >= earlyStop) return "early-stop";
  return epoch >= epochs ? "epochs" : undefined;
}

/**
 * Whether the run in `directory` is over; it is not if there is none.
 *
 * @throws {UsageError | RunError} if its record, its checkpoints' or its last checkpoint is damaged
 */
export async function isTrained(directory: string): Promise<boolean> {
  if (!await exists(recipePath(directory))) return false;
  const { recipe } = await readRunRecord(directory);
  const { epochs = [] } = await readCommittedCheckpoints(directory) ?? {};
  if (epochs.some(({ epoch }) => epoch === recipe.epochs)) return true;
  if (recipe.earlyStop === undefined) return false;
  const last = await findCheckpoint(directory, "last");
  if (last === undefined) return false;
  const { progress } = await describeCheckpoint(checkpointPath(directory, last.name));
  return endOf(recipe, progress) !== undefined;
}
