/**
 * Euclidean lengths of tensors, and gradients that are cut to one.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../backend/backend.ts";

/** Keeps gradients of zero from a division by zero, as PyTorch does. */
const SMALLEST = 1e-6;

/** The length of all of `tensor`'s values, a scalar. */
export function length(tensor: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.sqrt(sumOfSquares(tensor)));
}

/**
 * `gradients` times `min(1, most/(length + 1e-6))`, where `length` is that of all of them together, as PyTorch's
 * `clip_grad_norm_` has it; none is disposed.
 *
 * @param most the greatest length, over 0
 */
export function clipped(gradients: TensorMap, most: number): TensorMap {
  const factor = tf.tidy(() => {
    const squares = [...gradients.values()].map(sumOfSquares);
    const norm = tf.sqrt(squares.reduce((sum, each) => tf.add(sum, each)));
    return tf.minimum(tf.div(most, tf.add(norm, SMALLEST)), 1);
  });
  const result = [...gradients].map(([name, t]) => [name, tf.mul(t, factor)] as const);
  factor.dispose();
  return new Map(result);
}

/** The last axis is summed last: a device has more to do side by side. */
function sumOfSquares(tensor: tf.Tensor): tf.Scalar {
  const squares = tf.mul(tensor, tensor), { rank } = tensor;
  return tf.sum(rank > 1 ? tf.sum(squares, [...Array(rank - 1).keys()]) : squares);
}
