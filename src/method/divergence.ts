/**
 * The per-example losses that every objective is made of. Logits in `[N,C]`, values out `[N]`, natural logarithm.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

export {
  crossEntropy,
  klDivergence,
  labelProbability,
} from "../backend/operations/softmax_losses.ts";

/**
 * The rows of `values` `[N,C]` that `selection` `[M,N]` (one-hot rows) picks, `[M,C]`; all of them without one. A
 * matrix product, because its gradient exists on every backend and a gather's does not.
 */
export function selectRows(values: tf.Tensor2D, selection: tf.Tensor2D | undefined): tf.Tensor2D {
  return selection ? tf.matMul(selection, values) as tf.Tensor2D : values;
}

/**
 * What `f` makes of `logits`, as a constant: no gradient flows through it. For what has none, such as a choice of class.
 */
export function heldConstant<T extends tf.Tensor>(
  logits: tf.Tensor2D,
  f: (logits: tf.Tensor2D) => T,
): T {
  const constant = tf.customGrad((input) => ({
    value: f(input as tf.Tensor2D),
    gradFunc: () => tf.zerosLike(logits),
  }));
  return constant(logits) as T;
}

/** One where the largest of `logits` `[N,C]` is not at the one-hot `labels`, else zero, `[N]`; a constant. */
export function misclassified(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor1D {
  return heldConstant(logits, (input) => {
    const wrong = tf.notEqual(tf.argMax(input, 1), tf.argMax(labels, 1));
    return tf.cast(wrong, "float32") as tf.Tensor1D;
  });
}
