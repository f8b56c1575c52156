/**
 * From the host's arrays to the tensors that models and losses take.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor2D, Tensor4D } from "../backend/tensor.ts";
import { type ImageShape, valuesPerImage } from "../data/dataset.ts";

/**
 * N images of `shape`, one after another in NHWC order, as a tensor `[N,height,width,channels]`.
 *
 * @example
 * ```ts
 * import { imageTensor, openBackend } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const shape = { height: 2, width: 2, channels: 1 };
 * assert.deepEqual(imageTensor(new Float32Array(12), shape).shape, [3, 2, 2, 1]);
 * backend.close();
 * ```
 */
export function imageTensor(values: Float32Array, shape: ImageShape): Tensor4D {
  const { height, width, channels } = shape;
  return tf.tensor4d(values, [values.length / valuesPerImage(shape), height, width, channels]);
}

/**
 * Labels as a one-hot tensor `[N,classes]`.
 *
 * @example
 * ```ts
 * import { oneHot, openBackend } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * assert.deepEqual(await oneHot(Uint8Array.of(2, 0), 3).array(), [[0, 0, 1], [1, 0, 0]]);
 * backend.close();
 * ```
 */
export function oneHot(labels: ArrayLike<number>, classes: number): Tensor2D {
  const rows = new Float32Array(labels.length * classes);
  for (let row = 0; row < labels.length; row++) rows[row * classes + labels[row]!] = 1;
  return tf.tensor2d(rows, [labels.length, classes]);
}
