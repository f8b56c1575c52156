/**
 * From the host's arrays to the tensors that models and losses take.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { IMAGE_CHANNELS, IMAGE_SIZE, IMAGE_VALUES } from "../data/dataset.ts";

/** Images `N · 3072` as a tensor `[N,32,32,3]`. */
export function imageTensor(values: Float32Array): tf.Tensor4D {
  return tf.tensor4d(values, [
    values.length / IMAGE_VALUES,
    IMAGE_SIZE,
    IMAGE_SIZE,
    IMAGE_CHANNELS,
  ]);
}

/** Labels as a one-hot tensor `[N,classes]`. */
export function oneHot(labels: Uint8Array, classes: number): tf.Tensor2D {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => rows[row * classes + label] = 1);
  return tf.tensor2d(rows, [labels.length, classes]);
}
