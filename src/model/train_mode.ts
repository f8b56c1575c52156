/**
 * The network in training mode: batch norm by the batch's own statistics, which update the running ones.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type BatchStatistics, updateRunning } from "../backend/operations/batch_norm.ts";
import { convNormTrain } from "../backend/operations/conv_norm.ts";
import { globalAveragePool } from "../backend/operations/average_pool.ts";
import type { Layers } from "./architecture.ts";
import type { ModelState, TensorMap } from "./parameters.ts";

/** Added to the variance, as PyTorch does. */
export const BATCH_NORM_EPSILON = 1e-5;
/** Weight of the newest batch in the running statistics. */
export const BATCH_NORM_MOMENTUM = 0.1;

/** The nonlinearity of the network; tests put a smooth one in ReLU's place. */
export type Activation = (x: tf.Tensor4D) => tf.Tensor4D;

/** The linear layer on pooled `features` `[N,features]`. */
export function linear(features: tf.Tensor2D, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor2D {
  return tf.add(tf.matMul(features, weight as tf.Tensor2D), bias);
}

/** Global average pool and linear layer with `weight` `[features,classes]` and `bias`. */
export function classifier(x: tf.Tensor4D, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor2D {
  return linear(globalAveragePool(x), weight, bias);
}

/**
 * The layers in training mode over `parameters`, which a gradient is taken of. A batch is made up of `groups`: so many
 * images each, normalised by statistics of their own, as if every group were a batch. A pass folds them into
 * `state.buffers` (unbiased variance, momentum 0.1) in this order.
 */
export function trainLayers(
  parameters: TensorMap,
  { buffers }: ModelState,
  groups: readonly number[],
  activation: Activation = tf.relu,
): Layers {
  const parameter = (name: string) => parameters.get(name)!;
  return {
    convNorm({ conv, norm, stride }, x, { add, activate }) {
      const relu = activate && activation === tf.relu;
      const result = convNormTrain({
        x,
        filter: parameter(`${conv}.weight`) as tf.Tensor4D,
        gamma: parameter(`${norm}.weight`) as tf.Tensor1D,
        beta: parameter(`${norm}.bias`) as tf.Tensor1D,
        ...add && { add },
      }, {
        stride,
        epsilon: BATCH_NORM_EPSILON,
        relu,
        groups,
        observe: (statistics, counts) => observe(buffers, norm, statistics, counts),
      });
      return activate && !relu ? activation(result) : result;
    },
    classify: (x) => classifier(x, parameter("linear.weight"), parameter("linear.bias")),
  };
}

/** Folds `statistics` over `counts` values per channel into the running statistics of `norm`. */
function observe(
  buffers: TensorMap,
  norm: string,
  statistics: BatchStatistics,
  counts: number[],
): void {
  const names = { mean: `${norm}.running_mean`, variance: `${norm}.running_var` };
  const running = {
    mean: buffers.get(names.mean) as tf.Tensor1D,
    variance: buffers.get(names.variance) as tf.Tensor1D,
  };
  const updated = updateRunning(running, statistics, { momentum: BATCH_NORM_MOMENTUM, counts });
  buffers.set(names.mean, tf.keep(updated.mean));
  buffers.set(names.variance, tf.keep(updated.variance));
  tf.dispose({ ...running });
}
