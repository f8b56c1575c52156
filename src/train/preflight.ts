/**
 * What a run will need of the device, found out before its first step and before it has a folder.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend, Demand } from "../backend/backend.ts";
import type { ImageShape } from "../data/dataset.ts";
import { UsageError } from "../errors.ts";
import { wholeMebibytes } from "../format/mebibytes.ts";
import { needsHelper } from "../method/method.ts";
import { methodOf } from "../method/methods.ts";
import type { Architecture } from "../model/architecture.ts";
import { prepareFrozen } from "../model/frozen.ts";
import {
  bufferShapes,
  type ModelState,
  parameterShapes,
  tensorShape,
} from "../model/parameters.ts";
import type { Recipe } from "../recipe/recipe.ts";
import {
  type DataKind,
  type GivenWeights,
  trainedArchitecture,
} from "../run/weights/architecture.ts";
import { Learner } from "./learner/learner.ts";

/**
 * The memory that `recipe` takes on `backend` for `images` training images of `data`; undefined where the engine allocates as it
 * goes. The kernels that its steps need are chosen now.
 *
 * @param from what the run is given to begin with
 * @param helper what labels its helper examples; a network like the trained one unless given
 * @throws {UsageError} if the weights or a batch do not fit, naming the largest that do
 */
export async function preflight(
  recipe: Recipe,
  data: DataKind,
  images: number,
  backend: Backend,
  from?: GivenWeights,
  helper?: Architecture,
): Promise<Demand | undefined> {
  refuseWide(recipe, data, backend);
  const architecture = trainedArchitecture(recipe, data, from);
  const networks = { architecture, helper };
  return await withLearner(recipe, networks, backend, async (learner) => {
    const { batchSize, microBatch = batchSize } = recipe;
    const first = Math.min(batchSize, images), last = images % batchSize;
    const atOnce = Math.min(first, microBatch);
    const demand = await learner.preflight(data.shape, [first], false);
    if (demand === undefined) return undefined;
    const most = await largestBatch(learner, data.shape, atOnce, demand);
    if (most < atOnce) {
      const cut = microBatch < batchSize, flag = cut ? "micro-batch" : "batch-size";
      const instead = cut ? "" : `, or --micro-batch ${most}`;
      throw new UsageError(
        `--${flag} ${Math.min(batchSize, microBatch)} needs ${
          wholeMebibytes(demand.largest)
        } MiB of GPU memory in ` +
          `one block, and this device binds at most ${wholeMebibytes(demand.limit)} MiB: ` +
          (most > 0 ? `use --${flag} ${most} or less${instead}.` : "use a smaller --width."),
      );
    }
    const sizes = last > 0 && last < first ? [first, last] : [first];
    const needed = await learner.preflight(data.shape, sizes, true);
    // An evaluation asks for convolutions that steps may do without, and the run's record has to have them too.
    if (recipe.select !== "none") await prepareFrozen(architecture, data.shape, atOnce, backend);
    return needed;
  });
}

/** @throws {UsageError} if the weights alone, and what training keeps of each, are more than the device can have */
function refuseWide(
  recipe: Recipe,
  data: DataKind,
  { name, weightLimit: limit = Infinity }: Backend,
): void {
  const { width } = recipe, bytes = weightBytes(recipe, data);
  if (bytes <= limit) return;
  let most = width - 1;
  while (most > 0 && weightBytes({ ...recipe, width: most }, data) > limit) most--;
  throw new UsageError(
    `--width ${width} makes ${
      wholeMebibytes(bytes)
    } MiB of weights, and ${name} can train at most ` +
      `${wholeMebibytes(limit)} MiB here: use --width ${most} or less.`,
  );
}

function weightBytes(recipe: Recipe, data: DataKind): number {
  const shapes = parameterShapes(trainedArchitecture(recipe, data)).values();
  return shapes.reduce((sum, shape) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
}

/** What a device can train. */
export interface Capacity {
  /** Bytes that the recipe takes. */
  readonly bytes: number;
  /** The most images at once that the device can bind; 0 if not even one. */
  readonly largestBatch: number;
}

/** What `recipe` takes on `backend`, and how large its batches could be; undefined as {@linkcode preflight} is. */
export async function capacity(
  recipe: Recipe,
  data: DataKind,
  backend: Backend,
): Promise<Capacity | undefined> {
  const networks = { architecture: trainedArchitecture(recipe, data) };
  return await withLearner(recipe, networks, backend, async (learner) => {
    const { batchSize, microBatch = batchSize } = recipe;
    const demand = await learner.preflight(data.shape, [batchSize], false);
    if (demand === undefined) return undefined;
    const atOnce = Math.min(batchSize, microBatch);
    const most = await largestBatch(learner, data.shape, atOnce, demand);
    return { bytes: demand.bytes, largestBatch: most };
  });
}

/**
 * The largest batch that the device can bind, given what one of `n` images demands: tensors grow with the batch. 0 if there
 * is none, because something is too large that does not.
 */
async function largestBatch(
  learner: Learner,
  shape: ImageShape,
  n: number,
  { largest, limit }: Demand,
): Promise<number> {
  let most = Math.floor(n * limit / largest);
  if (most >= n) return most;
  // A demand tells of the first tensor that is too large; another may need still fewer images.
  while (most > 0) {
    const { largest } = (await learner.preflight(shape, [most], false))!;
    if (largest <= limit) return most;
    most = Math.min(most - 1, Math.floor(most * limit / largest));
  }
  return 0;
}

async function withLearner<T>(
  recipe: Recipe,
  { architecture, helper = architecture }: {
    readonly architecture: Architecture;
    readonly helper?: Architecture | undefined;
  },
  backend: Backend,
  use: (learner: Learner) => Promise<T>,
): Promise<T> {
  const learner = new Learner(
    recipe,
    architecture,
    backend,
    emptyState(architecture),
    undefined,
    needsHelper(methodOf(recipe.variant))
      ? { helper: { architecture: helper, state: emptyState(helper) } }
      : {},
  );
  try {
    return await use(learner);
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
