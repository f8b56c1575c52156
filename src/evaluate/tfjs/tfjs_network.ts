/**
 * A model of TensorFlow.js as a network under attack.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../backend/backend.ts";
import { registerStridedSliceGradient } from "../../backend/operations/strided_slice.ts";
import type { Tensor2D, Tensor4D } from "../../backend/tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import { UsageError } from "../../errors.ts";
import type { FrozenModel } from "../../model/frozen.ts";
import { withoutSoftmax } from "../../weights/tfjs/final_softmax.ts";
import type { TfjsModel } from "../../weights/tfjs/model_file.ts";
import { checkScaling, type InputScaling, scaler } from "./input_scaling.ts";
import { sayFault, tryModel } from "./trial.ts";

/** What is known of such a model once it is open. */
export interface TfjsNetwork {
  /** The model with the scaling before it. */
  readonly network: FrozenModel;
  /** Whether a softmax was taken off its end. */
  readonly softmaxRemoved: boolean;
}

/**
 * Puts `model` on the device.
 *
 * @param attacked whether its gradients will be needed
 * @throws {UsageError} if tfjs cannot make it, it is for other images or classes than those of `dataset`, or has no
 *   gradient that is needed
 * @throws {RunError} if the device fails
 */
export async function openTfjsNetwork(
  model: TfjsModel,
  dataset: Dataset,
  scaling: InputScaling,
  backend: Backend,
  attacked: boolean,
): Promise<TfjsNetwork> {
  const { path } = model, { channels } = dataset.shape;
  checkScaling(scaling, channels);
  registerStridedSliceGradient();
  const { loaded, softmaxRemoved } = await load(model);
  try {
    checkInput(path, loaded.inputs, dataset);
    const scale = scaler(scaling, channels);
    const logits = (x: Tensor4D) => tf.tidy(() => loaded.logits(scale(x)));
    await tryModel(path, logits, dataset, backend, attacked);
    return {
      network: { logits, dispose: () => loaded.dispose() },
      softmaxRemoved,
    };
  } catch (error) {
    loaded.dispose();
    throw error;
  }
}

/** A model that tfjs has made. */
interface LoadedModel {
  /** The shapes of what it takes; null where any size will do. */
  readonly inputs: readonly (readonly (number | null)[] | undefined)[];
  logits(x: Tensor4D): Tensor2D;
  dispose(): void;
}

/** Makes the model without a softmax at its end. Throws a `UsageError` if tfjs cannot make it. */
async function load(model: TfjsModel): Promise<{ loaded: LoadedModel; softmaxRemoved: boolean }> {
  try {
    const ofLogits = withoutSoftmax(model);
    return { loaded: await make(ofLogits ?? model), softmaxRemoved: ofLogits !== undefined };
  } catch (error) {
    const message = `${model.path} is no model that TensorFlow.js can make: ${sayFault(error)}.`;
    throw new UsageError(message, { cause: error });
  }
}

async function make({ path, format, artifacts }: TfjsModel): Promise<LoadedModel> {
  const only = (outputs: tf.Tensor | tf.Tensor[]) => {
    if (!Array.isArray(outputs)) return tf.cast(outputs, "float32") as Tensor2D;
    throw new UsageError(`${path} has ${outputs.length} outputs: evaluate a model with one.`);
  };
  if (format === "graph-model") {
    const model = tf.loadGraphModelSync(artifacts);
    return {
      inputs: model.inputs.map(({ shape }) => shape?.map((size) => size < 0 ? null : size)),
      logits: (x) => only(model.execute(x)),
      dispose: () => model.dispose(),
    };
  }
  const model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  return {
    inputs: model.inputs.map(({ shape }) => shape),
    logits: (x) => only(model.apply(x, { training: false }) as tf.Tensor | tf.Tensor[]),
    dispose: () => model.dispose(),
  };
}

/** @throws {UsageError} unless the model takes batches of the images of `dataset` */
function checkInput(path: string, inputs: LoadedModel["inputs"], dataset: Dataset): void {
  if (inputs.length !== 1) {
    throw new UsageError(
      `${path} has ${inputs.length} inputs: evaluate a model that takes images.`,
    );
  }
  const { height, width, channels } = dataset.shape, [shape] = inputs;
  const wanted = [null, height, width, channels];
  const fits = shape === undefined ||
    shape.length === 4 && shape.every((size, i) => size === null || size === wanted[i]);
  if (fits) return;
  const said = `[${shape.map((size) => size ?? "any").join(", ")}]`;
  throw new UsageError(
    `${path} takes ${said}, but the images of ${dataset.name} are [any, ${height}, ${width}, ${channels}], NHWC.`,
  );
}
