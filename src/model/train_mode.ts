/**
 * The network in training mode: batch norm by the batch's own statistics, running statistics updated by every pass.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BatchStatistics } from "../backend/batch_norm.ts";
import { convNormTrain } from "../backend/conv_norm.ts";
import { globalAveragePool } from "../backend/pool.ts";
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
 * The layers in training mode over `parameters`, which a gradient is taken of. Each pass folds its batch statistics
 * into `state.buffers` (unbiased variance, momentum 0.1) at once; passes therefore count in the order they are made.
 */
export function trainLayers(
  parameters: TensorMap,
  state: ModelState,
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
        observe: (statistics, count) => updateRunning(state.buffers, norm, statistics, count),
      });
      return activate && !relu ? activation(result) : result;
    },
    classify: (x) => classifier(x, parameter("linear.weight"), parameter("linear.bias")),
  };
}

/** `r ← (1 − 0.1) r + 0.1 s`, with the variance made unbiased: `s = variance · count/(count − 1)`. */
function updateRunning(
  buffers: TensorMap,
  norm: string,
  { mean, variance }: BatchStatistics,
  count: number,
): void {
  const unbiased = count / (count - 1);
  for (
    const [name, batch, factor] of [
      [`${norm}.running_mean`, mean, BATCH_NORM_MOMENTUM],
      [`${norm}.running_var`, variance, BATCH_NORM_MOMENTUM * unbiased],
    ] as const
  ) {
    const running = buffers.get(name)!;
    const updated = tf.tidy(() =>
      tf.add(tf.mul(running, 1 - BATCH_NORM_MOMENTUM), tf.mul(batch, factor))
    );
    buffers.set(name, tf.keep(updated));
    running.dispose();
  }
}
