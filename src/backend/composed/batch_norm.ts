/**
 * The batch-norm kernels written in tfjs operations: they run on any backend. The WebGPU engine uses them until it has
 * shaders of its own.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  BATCH_NORM_APPLY,
  BATCH_NORM_GRADIENT,
  BATCH_NORM_STATISTICS,
  type BatchNormAttributes,
  type BatchNormGradientAttributes,
} from "../batch_norm.ts";
import type { ComposedKernels, Inputs } from "./register.ts";

/** Mean, then the mean of squared deviations: two passes. */
function statistics({ x }: Inputs): tf.Tensor[] {
  const mean = tf.mean(x!, [0, 1, 2]);
  return [mean, tf.mean(tf.square(tf.sub(x!, mean)), [0, 1, 2])];
}

function inverseDeviation(variance: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.rsqrt(tf.add(variance, epsilon));
}

function apply(
  { x, mean, variance, gamma, beta, add }: Inputs,
  attributes: tf.NamedAttrMap,
): tf.Tensor {
  const { epsilon, relu } = attributes as BatchNormAttributes;
  const scale = tf.mul(gamma!, inverseDeviation(variance!, epsilon));
  const normalised = tf.add(tf.mul(tf.sub(x!, mean!), scale), beta!);
  const sum = add ? tf.add(normalised, add) : normalised;
  return relu ? tf.relu(sum) : sum;
}

/** `dx = γ/σ · (g − mean(g) − x̂ · mean(g · x̂))`, `dγ = Σ g · x̂`, `dβ = Σ g`, with `g` what passes the rectifier. */
function gradient(
  { dy, x, mean, variance, gamma, y }: Inputs,
  attributes: tf.NamedAttrMap,
): tf.Tensor[] {
  const { epsilon, add } = attributes as BatchNormGradientAttributes;
  const passed = y ? tf.mul(dy!, tf.cast(tf.greater(y, 0), "float32")) : dy!;
  const inverse = inverseDeviation(variance!, epsilon);
  const normalised = tf.mul(tf.sub(x!, mean!), inverse);
  const dBeta = tf.sum(passed, [0, 1, 2]);
  const dGamma = tf.sum(tf.mul(passed, normalised), [0, 1, 2]);
  const count = x!.size / gamma!.size;
  const centred = tf.sub(
    tf.sub(passed, tf.div(dBeta, count)),
    tf.mul(normalised, tf.div(dGamma, count)),
  );
  const dx = tf.mul(centred, tf.mul(gamma!, inverse));
  return add ? [dx, dGamma, dBeta, passed.clone()] : [dx, dGamma, dBeta];
}

/** Training-mode batch norm. */
export const batchNormKernels: ComposedKernels = {
  [BATCH_NORM_STATISTICS]: statistics,
  [BATCH_NORM_APPLY]: apply,
  [BATCH_NORM_GRADIENT]: gradient,
};
