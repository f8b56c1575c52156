/**
 * The accuracies that a run's best checkpoint is selected by.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import { firstIndices } from "../data/batches.ts";
import type { Splits } from "../data/dataset.ts";
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
import type { Progress } from "../run/checkpoint/progress.ts";
import type { EpochMetrics } from "../run/metrics.ts";
import { imagesAtOnce } from "./learner/images_at_once.ts";
import type { Learner } from "./learner/learner.ts";

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

/** The images that the recipe selects by; undefined if it selects by nothing. */
export function selectionImages(
  { recipe, data }: Pick<SelectionRun, "recipe" | "data">,
  split: TrainingSplit,
): Pick<EvaluationSettings, "dataset" | "ids"> | undefined {
  switch (recipe.select) {
    case "none":
      return undefined;
    case "val":
      return { dataset: data.train, ids: split.validation };
    case "test":
      return { dataset: data.test, ids: firstIndices(data.test.n, recipe.limitTest) };
  }
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

/** The best epoch once `epoch` has ended, with what was measured of it, if anything was; `best` is that of those before. */
export function bestAfter(
  best: Progress["best"],
  epoch: number,
  measured: SelectionAccuracy | undefined,
): Progress["best"] {
  if (measured === undefined) return best;
  const { accuracy } = measured.robust;
  return best === undefined || accuracy > best.accuracy ? { epoch, accuracy } : best;
}

/**
 * Accuracies of the learner's present model, or of the average of its weights where it keeps one, on what the recipe
 * selects by; undefined if it selects by nothing.
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
  const images = selectionImages({ recipe, data }, split);
  if (images === undefined) return undefined;
  const { ids } = images;
  const settings: EvaluationSettings = {
    backend,
    ...images,
    batchSize: imagesAtOnce(recipe),
    seed: recipe.seed,
    attack: recipe.threat,
    ...signal && { signal },
    onProgress: (name: EvaluationName, done: number) =>
      observer?.onEvaluation?.(name, done, ids.length),
  };
  const state = learner.averaged() ?? learner.snapshot();
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
