/**
 * Convolution, training-mode batch norm, residual sum and rectifier as one differentiable operation. What lies between
 * them is kept only as long as the gradient needs it: tfjs itself frees nothing before all gradients are done.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  batchNormApply,
  batchNormGradient,
  batchNormStatistics,
  type BatchStatistics,
} from "./batch_norm.ts";
import { runKernel } from "./run_kernel.ts";

/** What the operation is differentiable in. */
export interface ConvNormInputs {
  /** `[N,H,W,in]` */
  readonly x: tf.Tensor4D;
  /** `[k,k,in,out]`, k odd; the image is padded by `(k − 1)/2`. */
  readonly filter: tf.Tensor4D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  /** Added to the normalised result; its shape. */
  readonly add?: tf.Tensor4D;
}

/** How a batch norm is computed in training mode. */
export interface NormOptions {
  /** Added to the variance. */
  readonly epsilon: number;
  /** Whether negative results become zero. */
  readonly relu: boolean;
  /** The numbers of images of the groups that are normalised by statistics of their own, in order. */
  readonly groups: readonly number[];
  /** Told the groups' statistics, and over how many values per channel each is. */
  observe(statistics: BatchStatistics, counts: number[]): void;
}

/** How the whole computes. */
export interface ConvNormOptions extends NormOptions {
  readonly stride: 1 | 2;
}

/**
 * `relu?(batchNorm(conv(x, filter)) + add)`, normalised by each group's own statistics, `[N,H/stride,W/stride,out]`.
 *
 * Its gradient may be taken once.
 */
export function convNormTrain(inputs: ConvNormInputs, options: ConvNormOptions): tf.Tensor4D {
  const { x, filter, gamma, beta, add } = inputs;
  const { stride, epsilon, relu, observe } = options;
  const groups = [...options.groups];
  const pad = (filter.shape[0] - 1) / 2;
  const convolution = { strides: stride, pad, dataFormat: "NHWC", dilations: 1 };

  const operation = tf.customGrad((...given) => {
    const save = given.pop() as unknown as tf.GradSaveFunc;
    const [y] = runKernel("Conv2D", { x, filter }, convolution) as [tf.Tensor4D];
    const statistics = batchNormStatistics(y, { groups });
    observe(statistics, groups.map((images) => images * y.shape[1] * y.shape[2]));
    const followed = { x: y, gamma, beta, ...add && { add } };
    const value = batchNormApply(followed, statistics, { epsilon, relu, groups });
    save([x, filter, gamma, y, statistics.mean, statistics.variance, ...relu ? [value] : []]);
    return {
      value,
      gradFunc(dy: tf.Tensor4D, saved: tf.Tensor[]) {
        const [x, filter, gamma, y, mean, variance, result] = saved as [
          tf.Tensor4D,
          tf.Tensor4D,
          tf.Tensor1D,
          tf.Tensor4D,
          tf.Tensor2D,
          tf.Tensor2D,
          tf.Tensor4D?,
        ];
        const [slope, dGamma, dBeta, dAdd] = batchNormGradient(
          dy,
          { x: y, gamma },
          { mean, variance },
          result,
          { epsilon, add: add !== undefined, groups },
        );
        tf.dispose([dy, y]); // nobody else looks at them any more
        const filterShape = filter.shape, inputShape = x.shape;
        const [dFilter] = runKernel("Conv2DBackpropFilter", { x, dy: slope }, {
          ...convolution,
          filterShape,
        });
        const [dx] = runKernel("Conv2DBackpropInput", { dy: slope, filter }, {
          ...convolution,
          inputShape,
        });
        slope!.dispose();
        return [dx!, dFilter!, dGamma!, dBeta!, ...dAdd ? [dAdd] : []];
      },
    };
  });
  return operation(x, filter, gamma, beta, ...add ? [add] : []) as tf.Tensor4D;
}
