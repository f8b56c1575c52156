/**
 * When a run is over. What a checkpoint says of itself decides it, so that a resumed run ends where it would have.
 *
 * @module
 */
import type { Recipe } from "../../recipe/recipe.ts";
import type { Progress } from "./progress.ts";

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
