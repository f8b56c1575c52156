/**
 * What a run is made of, and who watches it.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import type { Splits } from "../data/dataset.ts";
import type { EvaluationName } from "../evaluate/evaluate.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { RunFolder } from "../run/folder/run_folder.ts";
import type { DamageNote, EpochMetrics, RunLength, StepMetrics } from "../run/metrics.ts";
import type { HelperWeights } from "../run/weights/helper.ts";

/** Who watches a run. */
export interface TrainingObserver {
  /** For every fault of the memory once; the run log has every example that was left out for it. */
  onDamage?(note: DamageNote): void;
  /** After every step. */
  onStep?(metrics: StepMetrics, length: RunLength): void;
  /** While the checkpoint's selection evaluates `done` of `n` images. */
  onEvaluation?(name: EvaluationName, done: number, n: number): void;
  /** After every epoch, when its checkpoint is kept. If it returns a promise, the next epoch waits for that. */
  onEpoch?(metrics: EpochMetrics, length: { epochs: number }): void;
}

/** A run to make or to continue. */
export interface TrainingRun {
  /** What is trained. */
  readonly recipe: Recipe;
  /** Where it is kept. */
  readonly folder: RunFolder;
  /** What it is trained and selected on. */
  readonly data: Splits;
  /** The device that computes. */
  readonly backend: Backend;
  /** The network that labels helper examples, for a method that needs one. */
  readonly helper?: HelperWeights;
  /** Whether to write event files for TensorBoard. */
  readonly tensorboard?: boolean;
  /** Told what happens. */
  readonly observer?: TrainingObserver;
  /** Checkpoints after the current step and stops. */
  readonly signal?: AbortSignal;
}
