/**
 * The accuracies that a run's best checkpoint is selected by.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import { firstIndices } from "../data/batches.ts";
import type { Dataset, Splits } from "../data/dataset.ts";
import type { TrainingSplit } from "../data/split.ts";
import { classCounts } from "../evaluate/confusion.ts";
import {
  evaluateAccuracy,
  type EvaluationName,
  type EvaluationSettings,
  type ImageAccuracy,
} from "../evaluate/evaluate.ts";
import type { Architecture } from "../model/architecture.ts";
import { freeze } from "../model/frozen.ts";
import { disposeAll } from "../model/parameters.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { EpochMetrics } from "../run/metrics.ts";
import type { Learner } from "./learner.ts";

/** What of a run decides by which images it selects. */
export interface SelectionRun {
  readonly recipe: Recipe;
  readonly data: Splits;
  readonly backend: Backend;
  readonly observer?: { onEvaluation?(name: EvaluationName, done: number, n: number): void };
  readonly signal?: AbortSignal;
}

/** How good a model is on clean and on adversarial images. */
export interface SelectionAccuracy {
  readonly clean: ImageAccuracy;
  readonly robust: ImageAccuracy;
}

/** What the log says of them. */
export function selectionMetrics(
  { clean, robust }: SelectionAccuracy,
): Required<Pick<EpochMetrics, "cleanAccuracy" | "robustAccuracy" | "classes">> {
  return {
    cleanAccuracy: clean.accuracy,
    robustAccuracy: robust.accuracy,
    classes: { clean: classCounts(clean.confusion), robust: classCounts(robust.confusion) },
  };
}

/**
 * Accuracies of the learner's present model on what the recipe selects by; undefined if it selects by nothing.
 *
 * @throws {Interrupted} if the run's signal is aborted
 * @throws {RunError} if logits are not finite or the device fails
 */
export async function measureSelection(
  { recipe, backend, data, observer, signal }: SelectionRun,
  split: TrainingSplit,
  architecture: Architecture,
  learner: Learner,
): Promise<SelectionAccuracy | undefined> {
  if (recipe.select === "none") return undefined;
  const [dataset, ids]: [Dataset, Uint32Array] = recipe.select === "val"
    ? [data.train, split.validation]
    : [data.test, firstIndices(data.test.n, recipe.limitTest)];
  const settings: EvaluationSettings = {
    backend,
    dataset,
    ids,
    batchSize: recipe.batchSize,
    seed: recipe.seed,
    attack: recipe.threat,
    ...signal && { signal },
    onProgress: (name: EvaluationName, done: number) =>
      observer?.onEvaluation?.(name, done, ids.length),
  };
  const state = learner.snapshot();
  const model = freeze(architecture, state);
  [state.parameters, state.buffers].forEach(disposeAll);
  try {
    return {
      clean: await evaluateAccuracy("clean", model, settings),
      robust: await evaluateAccuracy("pgd20", model, settings),
    };
  } finally {
    model.dispose();
  }
}
