/**
 * Checks adversarial images that someone saved: whether they keep their bounds, and what the model says of them.
 *
 * @module
 */
import type { AttackNorm } from "../attack/options.ts";
import { BOUND_TOLERANCE } from "../attack/bounds.ts";
import { Oracle } from "../attack/autoattack/oracle.ts";
import { loadBatch } from "../data/batches.ts";
import { valuesPerImage } from "../data/dataset.ts";
import type { FrozenModel } from "../model/frozen.ts";
import { predictedClass } from "../model/predicted_class.ts";
import { type Subject, WEIGHTS_WORDS } from "../run/subject.ts";
import type { AdversarialImages } from "./adversarial_file.ts";
import type { Accuracy, EvaluationSettings } from "./evaluate.ts";
import { type Perturbation, PerturbationMeter } from "./perturbation.ts";

/** What a check found. */
export interface AdversarialCheck extends Accuracy {
  /** In which the images were held to the radius. */
  readonly norm: AttackNorm;
  /** The radius. */
  readonly epsilon: number;
  /** What distinguishes the images from the clean ones. */
  readonly perturbation: Perturbation;
  /** Whether every image is a number in [0,1] within ε of its clean image, each bound with 1e-6 to spare. */
  readonly withinBounds: boolean;
  /** How many images are not. */
  readonly outside: number;
}

/** Says of the images in the file `path` that they were made for other weights than those of `subject`, where they say so. */
export function describeForeign(
  path: string,
  { checkpoint, weights }: Pick<AdversarialImages, "checkpoint" | "weights">,
  subject: Pick<Subject, "path" | "sha256" | "weights">,
): string | undefined {
  const here = subject.weights, more = "an attack on these may break more";
  if (checkpoint !== undefined && checkpoint !== subject.sha256) {
    return `${path} was made for other weights than ${subject.path}: ${more}.`;
  }
  // Files of earlier versions do not say which of a checkpoint's weights they were made for.
  if (weights === undefined || here === undefined || weights === here) return undefined;
  const [made, asked] = [WEIGHTS_WORDS[weights], WEIGHTS_WORDS[here]];
  return `${path} was made for the ${made} in ${subject.path}, not for the ${asked}: ${more}.`;
}

/**
 * Evaluates `model` on `saved` images and measures them against the clean images of `dataset`. As for AutoAttack, an image whose
 * logits are not finite is not classified correctly.
 *
 * @throws {RunError} if the device fails
 */
export async function checkAdversarial(
  saved: AdversarialImages,
  model: FrozenModel,
  { dataset, backend, batchSize }: Pick<EvaluationSettings, "dataset" | "backend" | "batchSize">,
): Promise<AdversarialCheck> {
  const { norm, epsilon, ids } = saved;
  const { shape } = dataset, values = valuesPerImage(shape);
  const oracle = new Oracle(model.logits, { classes: dataset.classes.length, shape }, backend);
  const all = new PerturbationMeter(norm, values);
  let correct = 0, outside = 0;
  for (let first = 0; first < ids.length; first += batchSize) {
    const batch = ids.subarray(first, first + batchSize);
    const adversarial = saved.images.subarray(first * values, (first + batch.length) * values);
    const { x } = loadBatch(dataset, batch);
    all.add(x, adversarial);
    const logits = await oracle.logits(adversarial);
    for (const [row, id] of batch.entries()) {
      const image = new PerturbationMeter(norm, values);
      const ends = [row * values, (row + 1) * values] as const;
      image.add(x.subarray(...ends), adversarial.subarray(...ends));
      const kept = keepsBounds(image.result(), epsilon);
      const scores = logits.subarray(row * oracle.classes, (row + 1) * oracle.classes);
      correct += +(predictedClass(scores) === dataset.labels[id]);
      outside += +!kept;
    }
  }
  return {
    accuracy: correct / ids.length,
    correct,
    n: ids.length,
    norm,
    epsilon,
    perturbation: all.result(),
    withinBounds: outside === 0,
    outside,
  };
}

function keepsBounds({ largest, nan, max, min }: Perturbation, epsilon: number): boolean {
  return nan === 0 && min >= -BOUND_TOLERANCE && max <= 1 + BOUND_TOLERANCE &&
    largest <= epsilon + BOUND_TOLERANCE;
}
