/**
 * What a run will need of the device, found out before its first step and before it has a folder.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend, Demand } from "../backend/backend.ts";
import { UsageError } from "../errors.ts";
import type { Architecture } from "../model/architecture.ts";
import { ARCHITECTURES, DEFAULT_ARCHITECTURE } from "../model/architectures/architectures.ts";
import { prepareFrozen } from "../model/frozen.ts";
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
export async function preflight(
  recipe: Recipe,
  classes: number,
  images: number,
  backend: Backend,
): Promise<Demand | undefined> {
  return await withLearner(recipe, classes, backend, async (learner, architecture) => {
    const { batchSize } = recipe;
    const first = Math.min(batchSize, images), last = images % batchSize;
    const demand = await learner.preflight([first], false);
    if (demand === undefined) return undefined;
    const most = await largestBatch(learner, first, demand);
    if (most < first) {
      throw new UsageError(
        `--batch-size ${batchSize} needs ${
          mebibytes(demand.largest)
        } of GPU memory in one block, and this device ` +
          `binds at most ${mebibytes(demand.limit)}: ` +
          (most > 0 ? `use --batch-size ${most} or less.` : "use a smaller --width."),
      );
    }
    const sizes = last > 0 && last < first ? [first, last] : [first];
    const needed = await learner.preflight(sizes, true);
    // An evaluation asks for convolutions that steps may do without, and the run's record has to have them too.
    if (recipe.select !== "none") await prepareFrozen(architecture, first, backend);
    return needed;
  });
}

/** What a device can train. */
export interface Capacity {
  /** Bytes that the recipe takes. */
  readonly bytes: number;
  /** Images of the largest batch that the device can bind; 0 if not even one. */
  readonly largestBatch: number;
}

/** What `recipe` takes on `backend`, and how large its batches could be; undefined as {@linkcode preflight} is. */
export async function capacity(
  recipe: Recipe,
  classes: number,
  backend: Backend,
): Promise<Capacity | undefined> {
  return await withLearner(recipe, classes, backend, async (learner) => {
    const { batchSize } = recipe;
    const demand = await learner.preflight([batchSize], false);
    if (demand === undefined) return undefined;
    return { bytes: demand.bytes, largestBatch: await largestBatch(learner, batchSize, demand) };
  });
}

/**
 * The largest batch that the device can bind, given what one of `n` images demands: tensors grow with the batch. 0 if there
 * is none, because something is too large that does not.
 */
async function largestBatch(
  learner: Learner,
  n: number,
  { largest, limit }: Demand,
): Promise<number> {
  let most = Math.floor(n * limit / largest);
  if (most >= n) return most;
  // A demand tells of the first tensor that is too large; another may need still fewer images.
  while (most > 0) {
    const { largest } = (await learner.preflight([most], false))!;
    if (largest <= limit) return most;
    most = Math.min(most - 1, Math.floor(most * limit / largest));
  }
  return 0;
}

async function withLearner<T>(
  recipe: Recipe,
  classes: number,
  backend: Backend,
  use: (learner: Learner, architecture: Architecture) => Promise<T>,
): Promise<T> {
  const architecture = ARCHITECTURES[DEFAULT_ARCHITECTURE].build({ width: recipe.width, classes });
  const learner = new Learner(recipe, architecture, backend, emptyState(architecture));
  try {
    return await use(learner, architecture);
  } finally {
    learner.dispose();
  }
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
