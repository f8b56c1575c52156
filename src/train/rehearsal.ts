/**
 * What a run will need of the device, found out before its first step and before it has a folder.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend, Demand } from "../backend/backend.ts";
import { UsageError } from "../errors.ts";
import { type Architecture, resnet18 } from "../model/architecture.ts";
import {
  bufferShapes,
  type ModelState,
  parameterShapes,
  tensorShape,
} from "../model/parameters.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { Learner } from "./learner.ts";

/**
 * The memory that `recipe` takes on `backend` for `images` training images; undefined where the engine allocates as it
 * goes. The kernels that its steps need are chosen now.
 *
 * @throws {UsageError} if a batch does not fit, naming the largest that does
 */
export async function rehearse(
  recipe: Recipe,
  classes: number,
  images: number,
  backend: Backend,
): Promise<Demand | undefined> {
  const architecture = resnet18({ width: recipe.width, classes });
  const learner = new Learner(recipe, architecture, backend, emptyState(architecture));
  try {
    const { batchSize } = recipe;
    const first = Math.min(batchSize, images), last = images % batchSize;
    const demand = await learner.rehearse([first], false);
    if (demand === undefined) return undefined;
    if (demand.largest > demand.limit) {
      const most = await largestBatch(learner, first);
      throw new UsageError(
        `--batch-size ${batchSize} needs a block of ${
          mebibytes(demand.largest)
        } of GPU memory, and this device has ` +
          `none above ${mebibytes(demand.limit)}: ` +
          (most > 0 ? `use --batch-size ${most} or less.` : "use a smaller --width."),
      );
    }
    const sizes = last > 0 && last !== first ? [first, last] : [first];
    return await learner.rehearse(sizes, true);
  } finally {
    learner.dispose();
  }
}

/** The largest batch below `tooLarge` whose blocks the device can bind; 0 if there is none. */
export async function largestBatch(learner: Learner, tooLarge: number): Promise<number> {
  let fits = 0, fails = tooLarge;
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    const { largest, limit } = (await learner.rehearse([middle], false))!;
    if (largest > limit) fails = middle;
    else fits = middle;
  }
  return fits;
}

/** A model of zeros. */
function emptyState(architecture: Architecture): ModelState {
  const zeros = (shapes: ReadonlyMap<string, number[]>) =>
    new Map([...shapes].map(([name, shape]) => [name, tf.zeros(tensorShape(shape))]));
  return {
    parameters: zeros(parameterShapes(architecture)),
    buffers: zeros(bufferShapes(architecture)),
    batchesTracked: 0,
  };
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
