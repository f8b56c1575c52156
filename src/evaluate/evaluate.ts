/**
 * Accuracy of a frozen model, clean and under PGD.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropyAttack, marginAttack } from "../attack/attack_loss.ts";
import { assertWithinBounds } from "../attack/bounds.ts";
import type { PgdOptions, ThreatModel } from "../attack/options.ts";
import { pgd } from "../attack/pgd.ts";
import { normalNoise, uniformStart } from "../attack/start.ts";
import type { Backend } from "../backend/backend.ts";
import { type Batch, loadBatch } from "../data/batches.ts";
import { type Dataset, valuesPerImage } from "../data/dataset.ts";
import { Interrupted } from "../errors.ts";
import type { FrozenModel } from "../model/frozen.ts";
import { imageTensor, oneHot } from "../model/inputs.ts";
import { predictedClass } from "../model/predicted_class.ts";
import { Purpose } from "../random/stream.ts";
import { type Confusion, confusionOf } from "./confusion.ts";
import { assertFiniteLogits } from "./logits.ts";

/**
 * An accuracy: clean, under FGSM (one step of the whole radius from the clean image), or under PGD of so many steps that
 * maximises cross-entropy (`pgd20`) or the margin (`cw20`).
 */
export type EvaluationName = "clean" | "fgsm" | `${"pgd" | "cw"}${number}`;

const FGSM = "fgsm";

/** Whether `name` is one. */
export function isEvaluationName(name: string): name is EvaluationName {
  return name === "clean" || name === FGSM || /^(pgd|cw)[1-9]\d{0,3}$/.test(name);
}

/** Whether the attack `name` starts anew with every restart: FGSM starts at the clean image. */
export function restartsApply(name: string): boolean {
  return /^(pgd|cw)\d/.test(name);
}

/** An accuracy with what it was counted on. */
export interface Accuracy {
  /** `correct / n`, in [0,1]. */
  readonly accuracy: number;
  /** Images that were classified correctly. */
  readonly correct: number;
  /** Images that were counted. */
  readonly n: number;
}

/** An accuracy with what it is made of. */
export interface ImageAccuracy extends Accuracy {
  /** `1` for every image that was classified correctly, `0` for every other, in the order of `ids`. */
  readonly verdicts: string;
  /** What the images were taken for as they were attacked: where a restart broke one, by the first that did. */
  readonly confusion: Confusion;
}

/** What to evaluate, and how. */
export interface EvaluationSettings {
  /** The device that computes. */
  readonly backend: Backend;
  /** Where the images come from. */
  readonly dataset: Dataset;
  /** Indices of the images to evaluate. */
  readonly ids: Uint32Array;
  /** Images that are evaluated at once. */
  readonly batchSize: number;
  /** Seed of every random draw. */
  readonly seed: number;
  /** How far an image may be moved, and in steps of what length; the published ones unless given. */
  readonly attack: ThreatModel & Partial<Pick<PgdOptions, "stepSize">>;
  /**
   * Runs of PGD, each from a start of its own; an image counts if it withstands all.
   *
   * @default {1}
   */
  readonly restarts?: number;
  /**
   * On which the images are attacked.
   *
   * @default {the model that is evaluated}
   */
  readonly source?: FrozenModel;
  /**
   * Stops between two batches.
   *
   * @default {never}
   */
  readonly signal?: AbortSignal;
  /**
   * Told after every batch how many images are done, of `ids.length`.
   *
   * @default {nobody is told}
   */
  readonly onProgress?: (name: EvaluationName, done: number) => void;
}

/** The published radii: 8/255 in L∞, 128/255 in L2. */
export const RADIUS = { linf: 8 / 255, l2: 128 / 255 } as const;

/** PGD's step unless one is given: 2/255 in L∞, 15/255 in L2. */
export const STEP_SIZE = { linf: 2 / 255, l2: 15 / 255 } as const;

/**
 * Accuracy of `model` on the clean images (`clean`), or on adversarial ones made by PGD from a uniformly random start
 * in the ball (`pgd20`, `cw20`, …) or by FGSM (`fgsm`).
 *
 * @example A model under two steps of PGD
 * ```ts
 * import {
 *   buildArchitecture,
 *   evaluateAccuracy,
 *   freeze,
 *   initialise,
 *   loadSplit,
 *   openBackend,
 * } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const architecture = buildArchitecture("resnet18", { width: 1, classes: 10 });
 * const model = freeze(architecture, initialise(architecture, 1));
 * const dataset = await loadSplit("synthetic", "test", undefined, 1);
 * const attack = { norm: "linf", epsilon: 8 / 255 } as const;
 * const settings = { backend, dataset, ids: Uint32Array.of(0, 1, 2, 3), batchSize: 4, seed: 1, attack };
 * const { n, verdicts } = await evaluateAccuracy("pgd2", model, settings);
 * assert.deepEqual([n, verdicts.length], [4, 4]);
 * backend.close();
 * ```
 *
 * @throws {Interrupted} if the signal is aborted
 * @throws {RunError} if logits are not finite, an attack leaves its ball or the device fails
 */
export async function evaluateAccuracy(
  name: EvaluationName,
  model: FrozenModel,
  settings: EvaluationSettings,
): Promise<ImageAccuracy> {
  const { dataset, ids, batchSize, signal } = settings;
  const predicted = new Int32Array(ids.length);
  let correct = 0, verdicts = "";
  for (let first = 0; first < ids.length; first += batchSize) {
    if (signal?.aborted) throw new Interrupted("Stopped during the evaluation.");
    const batch = loadBatch(dataset, ids.slice(first, first + batchSize));
    const standing = batch.y.map(() => 1);
    const runs = restartsApply(name) ? settings.restarts ?? 1 : 1;
    for (let restart = 0; restart < runs; restart++) {
      const images = name === "clean"
        ? batch.x
        : await pgdImages(name, settings.source ?? model, batch, restart, settings);
      const predictions = await predict(model, images, batch, settings.backend);
      batch.y.forEach((label, row) => {
        if (standing[row] === 1) predicted[first + row] = predictions[row]!;
        standing[row]! &= +(predictions[row] === label);
      });
    }
    correct += standing.reduce((sum, one) => sum + one, 0);
    verdicts += standing.join("");
    settings.onProgress?.(name, Math.min(first + batchSize, ids.length));
  }
  const n = ids.length, labels = Array.from(ids, (id) => dataset.labels[id]!);
  const confusion = confusionOf(labels, predicted, dataset.classes.length);
  return { accuracy: correct / n, correct, n, verdicts, confusion };
}

/**
 * The most likely class of each image.
 *
 * @throws {RunError} if an image has logits that are not finite
 */
async function predict(
  model: FrozenModel,
  images: Float32Array,
  { ids, shape }: Pick<Batch, "ids" | "shape">,
  backend: Backend,
): Promise<number[]> {
  const x = imageTensor(images, shape);
  const logits = model.logits(x);
  const values = await backend.guard(logits.data<"float32">());
  const [n, classes] = logits.shape;
  tf.dispose([x, logits]);
  assertFiniteLogits(values, classes, ids);
  return Array.from(
    { length: n },
    (_, row) => predictedClass(values.subarray(row * classes, (row + 1) * classes)),
  );
}

/**
 * What the attack `name` makes of the images of a batch, in its run `restart`, from 0.
 *
 * @throws {RunError} if an image leaves its ball or the device fails
 */
export async function pgdImages(
  name: EvaluationName,
  model: FrozenModel,
  { ids, x, y, shape }: Batch,
  restart: number,
  { backend, dataset, seed, attack }: Pick<
    EvaluationSettings,
    "backend" | "dataset" | "seed" | "attack"
  >,
): Promise<Float32Array> {
  const once = name === FGSM;
  const options: PgdOptions = once
    ? { ...attack, stepSize: attack.epsilon, steps: 1 }
    : { stepSize: STEP_SIZE[attack.norm], ...attack, steps: Number(name.replace(/\D+/, "")) };
  const start = once ? x : uniformStart(x, ids, attack, seed, Purpose.evaluationStart, restart);
  const adversarial = tf.tidy(() => {
    const labels = oneHot(y, dataset.classes.length);
    const loss = name.startsWith("cw") ? marginAttack(labels) : crossEntropyAttack(labels);
    return pgd(
      model.logits,
      imageTensor(x, shape),
      imageTensor(start, shape),
      loss,
      options,
      (step) => imageTensor(normalNoise(ids, valuesPerImage(shape), seed, restart, step), shape),
    );
  });
  const values = await backend.guard(adversarial.data<"float32">());
  adversarial.dispose();
  assertWithinBounds(x, values, options, ids);
  return values;
}
