/**
 * When a run is over. What a checkpoint says of itself decides it, so that a resumed run ends where it would have.
 *
 * @module
 */
import type { Recipe } from "../../recipe/recipe.ts";

/** Why a run is over: it has made all epochs, or its accuracy has not risen for as long as `--early-stop` says. */
export type RunEnd = "epochs" | "early-stop";

/** Where a run stands, as far as it decides whether that is the end. */
export interface Standing {
  /** The epoch in progress or just finished, from 1. */
  readonly epoch: number;
  /** Whether it is finished. */
  readonly complete: boolean;
  /** The epoch of the best checkpoint so far, where one is selected. */
  readonly best?: { readonly epoch: number } | undefined;
}

/** Why the run of a recipe is over at a place; undefined if it is not. */
export function endOf(
  { epochs, earlyStop = Infinity }: Pick<Recipe, "epochs" | "earlyStop">,
  { epoch, complete, best }: Standing,
): RunEnd | undefined {
  if (!complete) return undefined;
  if (best !== undefined && epoch - best.epoch >= earlyStop) return "early-stop";
  return epoch >= epochs ? "epochs" : undefined;
}
