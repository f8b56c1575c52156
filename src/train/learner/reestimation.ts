/**
 * Running statistics of batch norm for averaged weights, from the training images: an average of the statistics that other
 * weights had is not that of its own activations.
 *
 * As by PyTorch's `update_bn`: the images go through the network in training mode, and the statistics are the mean of those of
 * all batches, each of which counts alike. They are the data set's own training images, in their order, neither augmented nor
 * attacked, so that nothing is drawn.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend, Computation, DeviceState } from "../../backend/backend.ts";
import { loadBatch } from "../../data/batches.ts";
import type { Dataset } from "../../data/dataset.ts";
import { type Architecture, forward, normalisationNames } from "../../model/architecture.ts";
import { imageTensor } from "../../model/inputs.ts";
import { copyOf, disposeAll, type WeightTensors } from "../../model/parameters.ts";
import { trainLayers } from "../../model/train_mode.ts";

/** A learner of averaged weights whose running statistics are re-estimated. */
interface Observer {
  observe(images: tf.Tensor4D, share: number): Promise<void>;
}

/** Where a run's images lie, and what computes. */
export interface Reestimation {
  readonly dataset: Dataset;
  /** The images that count. */
  readonly ids: Uint32Array;
  /** How many at once, the last time perhaps fewer. */
  readonly batchSize: number;
  readonly backend: Backend;
  /** Heard between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has the running statistics of the averaged weights of `learner` be those of the images.
 *
 * @returns whether all were seen; what was until the signal is what the statistics are of
 */
export async function reestimate(
  learner: Observer,
  { dataset, ids, batchSize, backend, signal }: Reestimation,
): Promise<boolean> {
  for (let first = 0, seen = 0; first < ids.length; first += batchSize) {
    if (signal?.aborted) return false;
    const { x, shape } = loadBatch(dataset, ids.subarray(first, first + batchSize));
    const images = imageTensor(x, shape);
    await backend.guard(learner.observe(images, 1 / ++seen)).finally(() => images.dispose());
  }
  return true;
}

/** Moves the running statistics of `averaged` by a share of their distance to those of a batch. */
export function compileObservation(
  deviceState: DeviceState,
  architecture: Architecture,
  averaged: WeightTensors,
): Computation {
  const { normalisation } = architecture;
  const fixed = normalisation ? Object.values(normalisationNames(normalisation)) : [];
  return deviceState.compile(({ nat, share }) => {
    const { parameters, buffers } = copyOf(averaged), images = nat as tf.Tensor4D;
    const groups = [images.shape[0]];
    const layers = trainLayers(architecture, parameters, { buffers }, groups, undefined, 1);
    forward(architecture, layers, images).dispose();
    for (const [name, before] of averaged.buffers) {
      if (fixed.includes(name)) continue;
      const seen = buffers.get(name)!;
      // A share of 1 leaves nothing of what was before, not even in rounding: a run may be stopped and continued in between.
      const moved = tf.tidy(() => tf.add(tf.mul(before, tf.sub(1, share!)), tf.mul(seen, share!)));
      averaged.buffers.set(name, moved);
    }
    [parameters, buffers].forEach(disposeAll);
    return {};
  });
}
