/**
 * The network in training mode: batch norm by the batch's own statistics, which update the running ones.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  type BatchStatistics,
  type RunningAttributes,
  updateRunning,
} from "../backend/operations/batch_norm.ts";
import { convNormTrain, type NormOptions } from "../backend/operations/conv_norm.ts";
import { globalAveragePool } from "../backend/operations/average_pool.ts";
import { normTrain } from "../backend/operations/norm_train.ts";
import { silu } from "../backend/operations/silu.ts";
import type { Tensor4D } from "../backend/tensor.ts";
import {
  type ActivationName,
  type Architecture,
  type BatchNorm,
  type Layers,
  normalisationNames,
} from "./architecture.ts";
import type { ModelState, TensorMap } from "./parameters.ts";

/** Added to the variance, as PyTorch does. */
export const BATCH_NORM_EPSILON = 1e-5;
/** Weight of the newest batch in the running statistics. */
const BATCH_NORM_MOMENTUM = 0.1;

/**
 * The nonlinearity of a network. Tests put a smooth one in ReLU's place: rounding cannot switch one of its units on or
 * off, so that they hold gradients to a hundredth of the error that ReLU needs.
 */
export type Activation = (x: Tensor4D) => Tensor4D;

const ACTIVATIONS: Readonly<Record<ActivationName, Activation>> = { relu: tf.relu, silu };

/** The nonlinearity that `architecture` names. */
export function activationOf({ activation = "relu" }: Architecture): Activation {
  return ACTIVATIONS[activation];
}

/** `(x − mean)/std` in each channel. */
export function standardise(x: Tensor4D, mean: tf.Tensor, std: tf.Tensor): tf.Tensor4D {
  return tf.div(tf.sub(x, mean), std);
}

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
 * `buffers` (unbiased variance) in this order.
 *
 * @param momentum what they count for in the running statistics
 */
export function trainLayers(
  architecture: Architecture,
  parameters: TensorMap,
  { buffers }: Pick<ModelState, "buffers">,
  groups: readonly number[],
  activation: Activation = activationOf(architecture),
  momentum = BATCH_NORM_MOMENTUM,
): Layers {
  const { linear: linearName } = architecture;
  const parameter = (name: string) => parameters.get(name)!;
  const vectors = ({ name }: BatchNorm) => ({
    gamma: parameter(`${name}.weight`) as tf.Tensor1D,
    beta: parameter(`${name}.bias`) as tf.Tensor1D,
  });
  const options = ({ name }: BatchNorm, relu: boolean): NormOptions => ({
    epsilon: BATCH_NORM_EPSILON,
    relu,
    groups,
    observe: (statistics, counts) => observe(buffers, name, statistics, { momentum, counts }),
  });
  const isRelu = activation === tf.relu;
  return {
    standardise(prefix, x) {
      const { mean, std } = normalisationNames(prefix);
      return standardise(x, buffers.get(mean)!, buffers.get(std)!);
    },
    convolve({ convolution: { name, kernel, stride }, norm, activate }, x, add) {
      const filter = parameter(`${name}.weight`) as tf.Tensor4D;
      if (norm === undefined) {
        const convolved = tf.conv2d(x, filter, stride, (kernel - 1) / 2);
        const sum = add ? tf.add<tf.Tensor4D>(convolved, add) : convolved;
        return activate ? activation(sum) : sum;
      }
      const relu = activate && isRelu;
      const result = convNormTrain(
        { x, filter, ...vectors(norm), ...add && { add } },
        { stride, ...options(norm, relu) },
      );
      return activate && !relu ? activation(result) : result;
    },
    normalise(norm, x) {
      const result = normTrain({ x, ...vectors(norm) }, options(norm, isRelu));
      return isRelu ? result : activation(result);
    },
    classify: (x) =>
      classifier(x, parameter(`${linearName}.weight`), parameter(`${linearName}.bias`)),
  };
}

/** Folds `statistics` into the running statistics of `norm`. */
function observe(
  buffers: TensorMap,
  norm: string,
  statistics: BatchStatistics,
  attributes: RunningAttributes,
): void {
  const names = { mean: `${norm}.running_mean`, variance: `${norm}.running_var` };
  const running = {
    mean: buffers.get(names.mean) as tf.Tensor1D,
    variance: buffers.get(names.variance) as tf.Tensor1D,
  };
  const updated = updateRunning(running, statistics, attributes);
  buffers.set(names.mean, tf.keep(updated.mean));
  buffers.set(names.variance, tf.keep(updated.variance));
  tf.dispose({ ...running });
}
