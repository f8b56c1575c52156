/**
 * Accuracy of a frozen model, clean and under PGD-20.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropyAttack } from "../attack/attack_loss.ts";
import { assertWithinBounds } from "../attack/bounds.ts";
import type { PgdOptions } from "../attack/options.ts";
import { pgd } from "../attack/pgd.ts";
import { normalNoise, uniformStart } from "../attack/start.ts";
import type { Backend } from "../backend/backend.ts";
import { type Batch, loadBatch } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { Interrupted } from "../errors.ts";
import type { FrozenModel } from "../model/frozen.ts";
import { imageTensor, oneHot } from "../model/inputs.ts";
import { Purpose } from "../random/stream.ts";

/** What an evaluation can measure. */
export const EVALUATIONS = ["clean", "pgd20"] as const;
/** One of {@linkcode EVALUATIONS}. */
export type EvaluationName = typeof EVALUATIONS[number];

/** An accuracy with what it was counted on. */
export interface Accuracy {
  /** `correct / n`, in [0,1]. */
  readonly accuracy: number;
  readonly correct: number;
  readonly n: number;
}

/** What to evaluate, and how. */
export interface EvaluationSettings {
  readonly backend: Backend;
  readonly dataset: Dataset;
  /** Indices of the images to evaluate. */
  readonly ids: Uint32Array;
  readonly batchSize: number;
  readonly seed: number;
  readonly attack: Pick<PgdOptions, "norm" | "epsilon">;
  /** Stops between two batches. */
  readonly signal?: AbortSignal;
  /** Told after every batch how many images are done, of `ids.length`. */
  readonly onProgress?: (name: EvaluationName, done: number) => void;
}

/** PGD-20's step: 2/255 in L∞, 15/255 in L2. */
const STEP_SIZE = { linf: 2 / 255, l2: 15 / 255 } as const;
const STEPS = 20;

/**
 * Accuracy of `model` on the clean images (`clean`), or on adversarial ones made by maximising cross-entropy in 20
 * steps from a uniformly random start in the ball (`pgd20`).
 *
 * @throws {Interrupted} if the signal is aborted
 * @throws {RunError} if an attack leaves its ball or the device fails
 */
export async function evaluateAccuracy(
  name: EvaluationName,
  model: FrozenModel,
  settings: EvaluationSettings,
): Promise<Accuracy> {
  const { dataset, ids, batchSize, signal } = settings;
  let correct = 0;
  for (let first = 0; first < ids.length; first += batchSize) {
    if (signal?.aborted) throw new Interrupted("Stopped during the evaluation.");
    const batch = loadBatch(dataset, ids.slice(first, first + batchSize));
    const images = name === "clean" ? batch.x : await pgd20(model, batch, settings);
    const predictions = await predict(model, images, settings.backend);
    for (const [row, label] of batch.y.entries()) if (predictions[row] === label) correct++;
    settings.onProgress?.(name, Math.min(first + batchSize, ids.length));
  }
  return { accuracy: correct / ids.length, correct, n: ids.length };
}

/** The most likely class of each image; the host compares, so that a NaN is never a hit. */
async function predict(
  model: FrozenModel,
  images: Float32Array,
  backend: Backend,
): Promise<number[]> {
  const x = imageTensor(images);
  const logits = model.logits(x);
  const values = await backend.guard(logits.data());
  const [n, classes] = logits.shape;
  tf.dispose([x, logits]);
  return Array.from({ length: n }, (_, row) => {
    const scores = values.subarray(row * classes, (row + 1) * classes);
    return scores.every(Number.isFinite) ? scores.indexOf(Math.max(...scores)) : -1;
  });
}

async function pgd20(
  model: FrozenModel,
  { ids, x, y }: Batch,
  { backend, dataset, seed, attack }: EvaluationSettings,
): Promise<Float32Array> {
  const options: PgdOptions = { ...attack, stepSize: STEP_SIZE[attack.norm], steps: STEPS };
  const start = uniformStart(x, ids, attack, seed, Purpose.evaluationStart, 0);
  const adversarial = tf.tidy(() =>
    pgd(
      model.logits,
      imageTensor(x),
      imageTensor(start),
      crossEntropyAttack(oneHot(y, dataset.classes.length)),
      options,
      (step) => imageTensor(normalNoise(ids, seed, 0, step)),
    )
  );
  const values = await backend.guard(adversarial.data<"float32">());
  adversarial.dispose();
  assertWithinBounds(x, values, options, ids);
  return values;
}
