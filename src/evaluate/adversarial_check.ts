/**
 * Checks adversarial images that someone saved: whether they keep their bounds, and what the model says of them.
 *
 * @module
 */
import * as v from "valibot";
import type { AttackNorm } from "../attack/options.ts";
import { BOUND_TOLERANCE } from "../attack/bounds.ts";
import { Oracle } from "../attack/autoattack/oracle.ts";
import { predictedClass } from "../attack/autoattack/search.ts";
import type { Backend } from "../backend/backend.ts";
import { loadBatch } from "../data/batches.ts";
import { type Dataset, valuesPerImage } from "../data/dataset.ts";
import { UsageError } from "../errors.ts";
import type { Accuracy } from "./evaluate.ts";
import { type Perturbation, PerturbationMeter } from "./perturbation.ts";
import { readNamedFile } from "../disk/files.ts";
import { decodeSafetensors } from "../format/safetensors.ts";
import type { FrozenModel } from "../model/frozen.ts";
import { positiveFlag } from "../recipe/flag.ts";
import { channelsLast } from "./adversarial_file.ts";

/** What a check found. */
export interface AdversarialCheck extends Accuracy {
  readonly norm: AttackNorm;
  readonly epsilon: number;
  readonly perturbation: Perturbation;
  /** Whether every image is a number in [0,1] within ε + 1e-6 of its clean image. */
  readonly withinBounds: boolean;
}

const radius = positiveFlag("epsilon", "");

/**
 * Evaluates `model` on the images in the file at `path`, as `--save-adv` writes it, and measures them against the
 * clean images of `dataset`.
 *
 * @param epsilon radius to hold them to; the file's own unless given
 * @throws {UsageError} if the file is not such a file, or is about other images than `dataset` has
 * @throws {RunError} if it cannot be read or the device fails
 */
export async function checkAdversarial(
  path: string,
  model: FrozenModel,
  dataset: Dataset,
  backend: Backend,
  batchSize: number,
  epsilon: number | undefined,
): Promise<AdversarialCheck> {
  const file = await readAdversarial(path, dataset);
  const { norm, ids } = file;
  const bound = epsilon ?? file.epsilon;
  const oracle = new Oracle(model.logits, dataset, backend);
  const values = valuesPerImage(dataset.shape);
  const meter = new PerturbationMeter(norm, values);
  let correct = 0;
  for (let first = 0; first < ids.length; first += batchSize) {
    const batch = ids.subarray(first, first + batchSize);
    const adversarial = file.images.subarray(first * values, (first + batch.length) * values);
    meter.add(loadBatch(dataset, batch).x, adversarial);
    const logits = await oracle.logits(adversarial);
    for (const [row, id] of batch.entries()) {
      const scores = logits.subarray(row * oracle.classes, (row + 1) * oracle.classes);
      correct += +(predictedClass(scores) === dataset.labels[id]);
    }
  }
  const perturbation = meter.result();
  const { largest, nan, max, min } = perturbation;
  const withinBounds = nan === 0 && min >= 0 && max <= 1 && largest <= bound + BOUND_TOLERANCE;
  const n = ids.length;
  return { accuracy: correct / n, correct, n, norm, epsilon: bound, perturbation, withinBounds };
}

const metadataSchema = v.object({ data: v.string(), norm: v.picklist(["linf", "l2"]) });

async function readAdversarial(path: string, dataset: Dataset) {
  const { tensors, metadata } = decodeSafetensors(await readNamedFile(path), path);
  const fail = (what: string): never => {
    throw new UsageError(`${path} does not hold images as --save-adv writes them: ${what}.`);
  };
  const images = tensors.get("x_adv"), ids = tensors.get("ids");
  if (images?.dtype !== "F32" || ids?.dtype !== "I32") return fail("it needs x_adv and ids");
  const n = ids.data.length, { height, width, channels } = dataset.shape;
  const shape = [n, channels, height, width];
  if (n === 0 || images.shape.join() !== shape.join()) {
    return fail(`x_adv is [${images.shape}], not [${shape}]`);
  }
  const foreign = ids.data.find((id) => id < 0 || id >= dataset.n);
  if (foreign !== undefined) return fail(`${dataset.name} has no test image ${foreign}`);
  const described = v.safeParse(metadataSchema, metadata);
  const epsilon = v.safeParse(radius.schema, radius.parse(metadata.epsilon ?? ""));
  if (!described.success || !epsilon.success) {
    return fail("its metadata lacks data, norm or epsilon");
  }
  if (described.output.data !== dataset.name) {
    return fail(`its images are ${described.output.data}'s, not ${dataset.name}'s`);
  }
  return {
    norm: described.output.norm,
    epsilon: epsilon.output,
    ids: Uint32Array.from(ids.data),
    images: channelsLast(images.data, dataset.shape),
  };
}
