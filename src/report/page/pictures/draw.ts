/**
 * A run's images as pictures with what the network takes them for: made now, from its checkpoint.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { exclusively } from "../../../backend/exclusive.ts";
import { openBackend } from "../../../backend/open.ts";
import type { Backend } from "../../../backend/backend.ts";
import { contactSheet } from "../../../data/contact_sheet.ts";
import { type Dataset, valuesPerImage } from "../../../data/dataset.ts";
import { RunError, UsageError } from "../../../errors.ts";
import { pgdImages } from "../../../evaluate/evaluate.ts";
import { checkFitting } from "../../../evaluate/fitting.ts";
import { architectureOf, freezeSubject } from "../../../evaluate/frozen_subject.ts";
import { assertFiniteLogits } from "../../../evaluate/logits.ts";
import { encodePng } from "../../../format/png.ts";
import type { FrozenModel } from "../../../model/frozen.ts";
import { imageTensor } from "../../../model/inputs.ts";
import { predictedClass } from "../../../model/predicted_class.ts";
import { engineOptions } from "../../../recipe/resolve.ts";
import { readWeightsSubject } from "../../../run/subject.ts";
import type { DataPlace } from "../../../upkeep/memory_run.ts";
import type { RunData } from "../run_data.ts";
import { cleanBatch, type Examples, findExamples } from "./examples.ts";

/** How much larger a difference is shown, around grey. */
const MAGNIFIED = 10;

/** A picture, and what the network takes it for; nothing for a difference. */
export interface Picture {
  /** What it is of the image. */
  readonly kind: "clean" | "adversarial" | "memory" | "difference × 10";
  /** A `data:` address. */
  readonly url: string;
  readonly predicted?: Prediction;
}

/** What the network takes an image for. */
export interface Prediction {
  readonly name: string;
  readonly correct: boolean;
  /** In [0,1]. */
  readonly probability: number;
}

/** One image in all its forms. */
export interface Strip {
  readonly id: number;
  readonly className: string;
  readonly pictures: readonly Picture[];
}

/** The images of a run. */
export interface Pictures extends Pick<Examples, "part" | "epoch"> {
  readonly strips: readonly Strip[];
  /** What cannot be shown, a sentence each without its full stop. */
  readonly notes: readonly string[];
}

/**
 * Draws images of `run`: clean, under PGD-20, from the memory, and the differences ten times as large.
 *
 * @param place where the data set is; where the recipe has it unless given
 * @returns what is missing, as a sentence without its full stop, where they cannot be drawn
 */
export async function drawPictures(
  run: RunData,
  place: DataPlace,
): Promise<Pictures | string> {
  if (run.checkpoint === undefined) return "there is no checkpoint";
  try {
    return await exclusively(() => draw(run, place));
  } catch (error) {
    if (error instanceof RunError || error instanceof UsageError) {
      return error.message.replace(/\.$/, "");
    }
    throw error;
  }
}

/** One form of all images. */
interface Row {
  readonly kind: Picture["kind"];
  readonly images: Float32Array;
  readonly predicted: readonly Prediction[];
}

async function draw(
  { directory, record: { recipe, machine }, checkpoint, training }: RunData,
  place: DataPlace,
): Promise<Pictures> {
  const notes: string[] = [];
  const subject = await readWeightsSubject(directory, checkpoint!.link);
  const architecture = architectureOf(subject);
  const examples = await findExamples(directory, recipe, place, (note) => notes.push(note));
  const { dataset, part, epoch } = examples;
  checkFitting(subject.path, architecture, dataset, subject.trainedOn?.classes);
  // The GPU that a run was trained on may not be here, and one that trains is not to be disturbed.
  const choice = training || machine.backend === "wasm" ? "wasm" : "auto";
  const backend = await openBackend(choice, { ...engineOptions(recipe), attackPrecision: "f32" });
  try {
    const model = freezeSubject(subject, architecture);
    try {
      const batch = cleanBatch(examples);
      const settings = { backend, dataset, seed: recipe.seed, attack: recipe.threat };
      const shown: Row[] = [];
      const show = async (kind: Picture["kind"], images: Float32Array) => {
        shown.push({ kind, images, predicted: await classify(model, images, examples, backend) });
      };
      await show("clean", batch.x);
      await show("adversarial", await pgdImages("pgd20", model, batch, 0, settings));
      if (examples.memory) await show("memory", examples.memory);
      const strips = Array.from(examples.ids, (id, row): Strip => ({
        id,
        className: dataset.classes[batch.y[row]!]!,
        pictures: shown.flatMap(({ kind, images, predicted }): Picture[] => {
          const url = pictureUrl(images, row, dataset);
          const picture = { kind, url, predicted: predicted[row]! };
          if (kind === "clean") return [picture];
          const difference = images.map((value, i) => 0.5 + MAGNIFIED * (value - batch.x[i]!));
          return [picture, { kind: "difference × 10", url: pictureUrl(difference, row, dataset) }];
        }),
      }));
      return { strips, part, ...epoch !== undefined && { epoch }, notes };
    } finally {
      model.dispose();
    }
  } catch (error) {
    return await backend.guard(Promise.reject(error));
  } finally {
    backend.close();
  }
}

/** What `model` takes each of the images for. */
async function classify(
  model: FrozenModel,
  images: Float32Array,
  { dataset: { shape, classes, labels }, ids }: Examples,
  backend: Backend,
): Promise<Prediction[]> {
  const [logits, shares] = tf.tidy(() => {
    const logits = model.logits(imageTensor(images, shape));
    return [logits, tf.softmax(logits)];
  });
  const values = await backend.guard(logits.data<"float32">());
  const probabilities = await backend.guard(shares.data<"float32">());
  tf.dispose([logits, shares]);
  assertFiniteLogits(values, classes.length, ids);
  return Array.from(ids, (id, row) => {
    const first = row * classes.length;
    const label = predictedClass(values.subarray(first, first + classes.length));
    return {
      name: classes[label]!,
      correct: label === labels[id],
      probability: probabilities[first + label]!,
    };
  });
}

/** Image `row` of `images`, values in [0,1], as a PNG. */
function pictureUrl(images: Float32Array, row: number, dataset: Dataset): string {
  const values = valuesPerImage(dataset.shape);
  const bytes = Uint8ClampedArray.from(
    images.subarray(row * values, (row + 1) * values),
    (value) => 255 * value,
  );
  const alone = { ...dataset, n: 1, images: Uint8Array.from(bytes) };
  const { width, height, rgb } = contactSheet(alone, [0], 1);
  return `data:image/png;base64,${encodePng(width, height, rgb).toBase64()}`;
}
