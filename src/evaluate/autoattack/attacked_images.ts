/**
 * The images that AutoAttack is given, and which of them are worth an attack.
 *
 * @module
 */
import type { Oracle } from "../../attack/autoattack/oracle.ts";
import type { Example } from "../../attack/autoattack/search.ts";
import { type ImageShape, valuesPerImage } from "../../data/dataset.ts";
import { UsageError } from "../../errors.ts";
import { predictedClass } from "../../model/predicted_class.ts";
import { assertFiniteLogits } from "../logits.ts";
import type { Sitting } from "./sitting.ts";

/** Images to attack, and what they are. */
export interface AttackedImages {
  /** `N · height · width · channels` values in [0,1], NHWC. */
  readonly x: Float32Array;
  /** Size of every image. */
  readonly shape: ImageShape;
  /** N labels in 0..classes-1. */
  readonly y: Uint8Array | Uint16Array | Uint32Array;
  /** Numbers of logits that the network gives. */
  readonly classes: number;
  /**
   * What the images are called, and random draws are keyed by: N different numbers.
   *
   * @default {0, 1, 2, …}
   */
  readonly ids?: Uint32Array;
}

/** With one class nothing can be misclassified. */
const LEAST_CLASSES = 2;

/** @throws {UsageError} if there are fewer `classes` than AutoAttack needs */
export function refuseOneClass(classes: number): void {
  if (classes >= LEAST_CLASSES) return;
  throw new UsageError(`AutoAttack needs two classes or more, and there is ${classes}.`);
}

/** @throws {UsageError} if `images` are not what they must be */
export function checkImages({ x, y, shape, classes, ids }: AttackedImages): void {
  const values = valuesPerImage(shape);
  refuseOneClass(classes);
  const n = y.length;
  if (n === 0 || x.length !== n * values || (ids ?? y).length !== n) {
    throw new UsageError(
      `AutoAttack needs one label and ${values} values for every image, and was given ${n} labels, ${x.length} values` +
        `${ids ? ` and ${ids.length} ids` : ""}.`,
    );
  }
  const foreign = Array.from(y).find((label) => label >= classes);
  if (foreign === undefined) return;
  throw new UsageError(
    `AutoAttack was given the label ${foreign}, and there are ${classes} classes.`,
  );
}

/**
 * The images that the network classifies correctly, with their logits, and what it takes each image for.
 *
 * @throws {RunError} naming the first image with a logit that is not finite, or if the device fails
 */
export async function findCorrect(
  oracle: Oracle,
  { x: images, y, shape, ids }: Required<AttackedImages>,
  batchSize: number,
  sitting: Sitting,
): Promise<{ correct: Example[]; predicted: Int32Array }> {
  const { classes } = oracle, values = valuesPerImage(shape);
  const logits = new Float32Array(ids.length * classes);
  logits.set(sitting.clean);
  for (let first = sitting.clean.length / classes; first < ids.length; first += batchSize) {
    await sitting.pause();
    const batch = images.subarray(first * values, (first + batchSize) * values);
    const answers = await oracle.logits(batch);
    assertFiniteLogits(answers, classes, ids.subarray(first));
    logits.set(answers, first * classes);
    sitting.clean = logits.subarray(0, first * classes + answers.length);
  }
  const examples = Array.from(ids, (id, row) => ({
    id,
    x: images.subarray(row * values, (row + 1) * values),
    shape,
    label: y[row]!,
    logits: logits.subarray(row * classes, (row + 1) * classes),
  }));
  const predicted = Int32Array.from(examples, ({ logits }) => predictedClass(logits));
  return { correct: examples.filter(({ label }, row) => predicted[row] === label), predicted };
}
