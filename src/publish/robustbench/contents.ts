/**
 * Everything that an entry for RobustBench is made of.
 *
 * @module
 */
import type { Recipe } from "../../recipe/recipe.ts";
import type { RunRecord } from "../../run/run_record.ts";
import type { Subject } from "../../run/subject.ts";
import type { ExportedNetwork } from "../../weights/export/network.ts";
import type { Measured } from "./measured.ts";
import type { ModelInfo } from "./model_info.ts";

/** One entry. */
export interface EntryContents {
  /** The model's name there, e.g. `Rade2021Helper_R18`. */
  readonly name: string;
  readonly network: ExportedNetwork;
  /** The checkpoint. */
  readonly subject: Subject;
  readonly record: RunRecord;
  readonly recipe: Recipe;
  readonly measured: Measured;
  /** Whole epochs of a run that was stopped, or trains on; absent for one that is over. */
  readonly stoppedAfter?: number | undefined;
  /** Whether it has learnt from a helper of which it is not known what that has seen. */
  readonly givenHelper: boolean;
  readonly info: ModelInfo;
  /** The weights in the entry: their path from its folder, and their SHA-256. */
  readonly weights: { readonly path: string; readonly sha256: string };
}
