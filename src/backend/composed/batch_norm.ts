/**
 * The batch-norm kernels written in tfjs operations.
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
  FOLD_BATCH_NORM,
  type GroupAttributes,
  RUNNING_STATISTICS,
  type RunningAttributes,
  unbiasing,
} from "../operations/batch_norm.ts";
import type { ComposedKernels, Inputs } from "./kernel.ts";

/** The inputs of each group: statistics `[G,C]` by row, images by examples, and what is per channel as it is. */
function byGroup(inputs: Inputs, groups: number[]): Inputs[] {
  const parts = groups.map((): Record<string, tf.Tensor> => ({}));
  for (const [name, tensor] of Object.entries(inputs)) {
    if (tensor === undefined) continue;
    const pieces = tensor.rank === 4
      ? tf.split(tensor, groups)
      : tensor.rank === 2
      ? tf.unstack(tensor)
      : groups.map(() => tensor);
    pieces.forEach((piece, g) => parts[g]![name] = piece);
  }
  return parts;
}

/** Mean, then the mean of squared deviations: two passes. */
function statistics(inputs: Inputs, attributes: tf.NamedAttrMap): tf.Tensor[] {
  const pairs = byGroup(inputs, (attributes as GroupAttributes).groups).map(({ x }) => {
    const mean = tf.mean(x!, [0, 1, 2]);
    return [mean, tf.mean(tf.square(tf.sub(x!, mean)), [0, 1, 2])] as const;
  });
  return [tf.stack(pairs.map(([mean]) => mean)), tf.stack(pairs.map(([, variance]) => variance))];
}

function inverseDeviation(variance: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.rsqrt(tf.add(variance, epsilon));
}

function apply(inputs: Inputs, attributes: tf.NamedAttrMap): tf.Tensor {
  const { epsilon, relu, groups } = attributes as BatchNormAttributes;
  const parts = byGroup(inputs, groups).map(({ x, mean, variance, gamma, beta, add }) => {
    const scale = tf.mul(gamma!, inverseDeviation(variance!, epsilon));
    const normalised = tf.add(tf.mul(tf.sub(x!, mean!), scale), beta!);
    const sum = add ? tf.add(normalised, add) : normalised;
    return relu ? tf.relu(sum) : sum;
  });
  return tf.concat(parts);
}

function gradient(inputs: Inputs, attributes: tf.NamedAttrMap): tf.Tensor[] {
  const { epsilon, add, groups } = attributes as BatchNormGradientAttributes;
  const parts = byGroup(inputs, groups).map((part) => groupGradient(part, epsilon));
  const [dx, dGamma, dBeta, passed] = [0, 1, 2, 3].map((i) => parts.map((part) => part[i]!));
  const results = [tf.concat(dx!), tf.addN(dGamma!), tf.addN(dBeta!)];
  return add ? [...results, tf.concat(passed!)] : results;
}

/**
 * `dx = γ/σ · (g − mean(g) − x̂ · mean(g · x̂))`, `dγ = Σ g · x̂`, `dβ = Σ g`, with `g` what passes the rectifier, and `g`
 * itself.
 */
function groupGradient({ dy, x, mean, variance, gamma, y }: Inputs, epsilon: number): tf.Tensor[] {
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
  return [tf.mul(centred, tf.mul(gamma!, inverse)), dGamma, dBeta, passed];
}

function runningStatistics(inputs: Inputs, attributes: tf.NamedAttrMap): tf.Tensor[] {
  const { momentum, counts } = attributes as RunningAttributes;
  const fold = (running: tf.Tensor, batches: tf.Tensor, factors: readonly number[]) =>
    tf.unstack(batches).reduce(
      (before, batch, g) =>
        tf.add(tf.mul(before, 1 - momentum), tf.mul(batch, momentum * factors[g]!)),
      running,
    );
  const { runningMean, runningVariance, mean, variance } = inputs;
  return [
    fold(runningMean!, mean!, counts.map(() => 1)),
    fold(runningVariance!, variance!, counts.map(unbiasing)),
  ];
}

function fold(
  { filter, gamma, beta, mean, variance }: Inputs,
  attributes: tf.NamedAttrMap,
): tf.Tensor[] {
  const { epsilon } = attributes as { epsilon: number };
  const scale = tf.mul(gamma!, inverseDeviation(variance!, epsilon));
  return [tf.mul(filter!, scale), tf.sub(beta!, tf.mul(mean!, scale))];
}

/** Batch norm. */
export const batchNormKernels: ComposedKernels = {
  [BATCH_NORM_STATISTICS]: statistics,
  [BATCH_NORM_APPLY]: apply,
  [BATCH_NORM_GRADIENT]: gradient,
  [RUNNING_STATISTICS]: runningStatistics,
  [FOLD_BATCH_NORM]: fold,
};
