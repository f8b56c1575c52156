/**
 * Two images through a model from elsewhere, and back: what tfjs cannot compute is told before hours are spent.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropyAttack } from "../../attack/attack_loss.ts";
import type { LogitsFunction } from "../../attack/pgd.ts";
import type { Backend } from "../../backend/backend.ts";
import { missingKernel } from "../../backend/operations/missing_kernel.ts";
import type { Tensor4D } from "../../backend/tensor.ts";
import { firstIndices, loadBatch } from "../../data/batches.ts";
import type { Dataset } from "../../data/dataset.ts";
import { RunError, UsageError } from "../../errors.ts";
import { imageTensor, oneHot } from "../../model/inputs.ts";

const IMAGES = 2;

/**
 * Tries the model at `path` on two images.
 *
 * @param attacked whether its gradient is tried too
 * @throws {UsageError} naming what it lacks
 * @throws {RunError} if the device fails
 */
export async function tryModel(
  path: string,
  network: LogitsFunction,
  dataset: Dataset,
  backend: Backend,
  attacked: boolean,
): Promise<void> {
  const classes = dataset.classes.length;
  const { x, y, shape } = loadBatch(dataset, firstIndices(dataset.n, IMAGES));
  const compute = () =>
    tf.tidy(() => {
      const images = imageTensor(x, shape), labels = oneHot(y, classes);
      const logits = network(images), n = images.shape[0];
      if (logits.shape.length !== 2 || logits.shape[0] !== n || logits.shape[1] !== classes) {
        throw new UsageError(
          `${path} gives [${logits.shape}] for ${n} images, but ${dataset.name} has ${classes} classes: it must give [${n},${classes}].`,
        );
      }
      if (!attacked) return logits;
      const loss = crossEntropyAttack(labels);
      return tf.grad((images) => loss(network(images as Tensor4D)))(images);
    });
  let tried: tf.Tensor | undefined;
  try {
    tried = compute();
    await backend.guard(tried.data());
  } catch (error) {
    // What tfjs saved for a gradient that fails it leaves there.
    for (const { saved } of tf.engine().state.activeTape ?? []) tf.dispose(saved ?? []);
    if (error instanceof RunError || error instanceof UsageError) throw error;
    throw new UsageError(describe(path, error), { cause: error });
  } finally {
    tried?.dispose();
  }
}

/** What tfjs says of an operation that it cannot differentiate. */
const NO_GRADIENT = /gradient function not found for (\w+)/;
/** What it says of one that it does not know at all. */
const UNKNOWN = /Unknown op '([^']+)'/;
/** What it says if there is no way back from the logits to the images. */
const NO_WAY_BACK = /^Cannot compute gradient of y=f\(x\)/;

function describe(path: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const missing = missingKernel(error);
  if (missing) {
    return `${path} uses ${missing.operation}, which the ${missing.engine} engine cannot compute: try another --backend.`;
  }
  const [, operation] = NO_GRADIENT.exec(message) ?? [];
  if (operation !== undefined) {
    return `${path} uses ${operation}, which TensorFlow.js cannot differentiate: only --attack clean can measure it.`;
  }
  const [, unknown] = UNKNOWN.exec(message) ?? [];
  if (unknown !== undefined) {
    return `${path} uses ${unknown}, which TensorFlow.js does not know: it cannot be evaluated here.`;
  }
  if (NO_WAY_BACK.test(message)) {
    return `The logits of ${path} have no gradient by the images: only --attack clean can measure it.`;
  }
  return `${path} fails on images of this data set: ${sayFault(error)}.`;
}

/** The first line of what tfjs said, without its full stop. */
export function sayFault(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line!.replace(/\.\s*$/, "");
}
