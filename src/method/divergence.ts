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

/** One where the largest of `logits` `[N,C]` is not at the one-hot `labels`, else zero, `[N]`; a constant. */
export function misclassified(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor1D {
  const indicator = tf.customGrad((input) => {
    const wrong = tf.notEqual(tf.argMax(input as tf.Tensor, 1), tf.argMax(labels, 1));
    return { value: tf.cast(wrong, "float32"), gradFunc: () => tf.zerosLike(logits) };
  });
  return indicator(logits) as tf.Tensor1D;
}
