/**
 * Euclidean lengths of tensors.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The length of all of `tensor`'s values, a scalar. Summed along the last axis last: a device has more to do side by side. */
export function length(tensor: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.sqrt(sumOfSquares(tensor)));
}

function sumOfSquares(tensor: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const squares = tf.mul(tensor, tensor), { rank } = tensor;
    const columns = rank > 1 ? tf.sum(squares, [...Array(rank - 1).keys()]) : squares;
    return tf.sum(columns);
  });
}
