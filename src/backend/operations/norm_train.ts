/**
 * Training-mode batch norm by itself, with the rectifier behind it, as one differentiable operation: what stands before
 * a convolution in a pre-activation network.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  batchNormApply,
  batchNormGradient,
  type BatchNormInputs,
  batchNormStatistics,
} from "./batch_norm.ts";
import type { NormOptions } from "./conv_norm.ts";

/**
 * `relu?(batchNorm(x))`, normalised by each group's own statistics, of the shape of `x`.
 *
 * Its gradient may be taken once.
 */
export function normTrain(
  { x, gamma, beta }: Omit<BatchNormInputs, "add">,
  { epsilon, relu, groups: given, observe }: NormOptions,
): tf.Tensor4D {
  const groups = [...given];
  const operation = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as tf.GradSaveFunc;
    const statistics = batchNormStatistics(x, { groups });
    observe(statistics, groups.map((images) => images * x.shape[1] * x.shape[2]));
    const value = batchNormApply({ x, gamma, beta }, statistics, { epsilon, relu, groups });
    save([x, gamma, statistics.mean, statistics.variance, ...relu ? [value] : []]);
    return {
      value,
      gradFunc(dy: tf.Tensor4D, saved: tf.Tensor[]) {
        const [x, gamma, mean, variance, result] = saved as [
          tf.Tensor4D,
          tf.Tensor1D,
          tf.Tensor2D,
          tf.Tensor2D,
          tf.Tensor4D?,
        ];
        const statistics = { mean, variance };
        const attributes = { epsilon, add: false, groups };
        return batchNormGradient(dy, { x, gamma }, statistics, result, attributes);
      },
    };
  });
  return operation(x, gamma, beta) as tf.Tensor4D;
}
