/**
 * Batch normalisation (Ioffe & Szegedy 2015) over kernels that every engine provides in its own way: in training mode and
 * its gradient, the running statistics, and folding them into a convolution.
 *
 * A batch may be several groups of examples, one after another, of which each is normalised by its own statistics.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { runKernel } from "./run_kernel.ts";

/** `{x [N,H,W,C]}, {groups} → [mean [G,C], variance [G,C]]`, the biased variance in two passes or in float64. */
export const BATCH_NORM_STATISTICS = "MemlossBatchNormStatistics";
/**
 * `{x, mean, variance, gamma, beta, add?}, {epsilon, relu, groups} → (x − mean)/√(variance + ε) · γ + β + add`,
 * rectified.
 */
export const BATCH_NORM_APPLY = "MemlossBatchNormApply";
/**
 * `{dy, x, mean, variance, gamma, y?}, {epsilon, add, groups} → [dx, dγ [C], dβ [C], dAdd?]`, mean and variance depending
 * on x. Where `y` is given, `dy` counts only where `y > 0`; `dAdd` is there if `add` is true. `dγ` and `dβ` are sums over
 * the groups, in their order.
 */
export const BATCH_NORM_GRADIENT = "MemlossBatchNormGradient";
/** `{runningMean [C], runningVariance [C], mean [G,C], variance [G,C]}, {momentum, counts} → the running two`. */
export const RUNNING_STATISTICS = "MemlossRunningStatistics";
/** `{filter HWIO, gamma, beta, mean, variance [C]}, {epsilon} → [filter, bias [C]]`. */
export const FOLD_BATCH_NORM = "MemlossFoldBatchNorm";

/** How a batch is made up: the number of examples of each group, in order; their sum is the batch. */
export interface GroupAttributes extends tf.NamedAttrMap {
  readonly groups: number[];
}

/** The attributes of {@linkcode BATCH_NORM_APPLY}. */
export interface BatchNormAttributes extends GroupAttributes {
  readonly epsilon: number;
  readonly relu: boolean;
}

/** The attributes of {@linkcode BATCH_NORM_GRADIENT}. */
export interface BatchNormGradientAttributes extends GroupAttributes {
  readonly epsilon: number;
  readonly add: boolean;
}

/** The attributes of {@linkcode RUNNING_STATISTICS}. */
export interface RunningAttributes extends tf.NamedAttrMap {
  /** Weight of the newest statistics. */
  readonly momentum: number;
  /** Values per channel of each group. */
  readonly counts: number[];
}

/** What makes the variance of `count` values unbiased: `count/(count − 1)`. A single value's, which is 0, stays that. */
export function unbiasing(count: number): number {
  return count / Math.max(1, count - 1);
}

/** Mean and biased variance per group and channel: two tensors `[G,C]`. */
export interface BatchStatistics {
  readonly mean: tf.Tensor2D;
  readonly variance: tf.Tensor2D;
}

/** Mean and unbiased variance per channel, averaged over batches: two tensors `[C]`. */
export interface RunningStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** The statistics of each group of `x` `[N,H,W,C]`. */
export function batchNormStatistics(x: tf.Tensor4D, attributes: GroupAttributes): BatchStatistics {
  const [mean, variance] = runKernel(BATCH_NORM_STATISTICS, { x }, attributes);
  return { mean: mean as tf.Tensor2D, variance: variance as tf.Tensor2D };
}

/** What a normalisation takes besides its statistics; `gamma` and `beta` `[C]`, `add` of the shape of `x` `[N,H,W,C]`. */
export interface BatchNormInputs {
  readonly x: tf.Tensor4D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  /** Added to the result. */
  readonly add?: tf.Tensor4D;
}

/** `x` normalised by `statistics`, plus what is added; negative results become zero if `relu`. Not differentiable. */
export function batchNormApply(
  inputs: BatchNormInputs,
  statistics: BatchStatistics,
  attributes: BatchNormAttributes,
): tf.Tensor4D {
  return runKernel(BATCH_NORM_APPLY, { ...inputs, ...statistics }, attributes)[0] as tf.Tensor4D;
}

/**
 * The gradients of {@linkcode batchNormApply} where `statistics` are those of `x` and depend on it: `[dx, dγ, dβ]`, and
 * `dAdd` with `attributes.add`.
 *
 * @param y the result, if negative sums became zero in it
 */
export function batchNormGradient(
  dy: tf.Tensor4D,
  { x, gamma }: Pick<BatchNormInputs, "x" | "gamma">,
  statistics: BatchStatistics,
  y: tf.Tensor4D | undefined,
  attributes: BatchNormGradientAttributes,
): tf.Tensor[] {
  return runKernel(BATCH_NORM_GRADIENT, { dy, x, gamma, y, ...statistics }, attributes);
}

/**
 * `running` after the groups' statistics, one group after the other: `r ← (1 − momentum) · r + momentum · s`, with the
 * variance made unbiased, `s = variance · count/(count − 1)`.
 */
export function updateRunning(
  running: RunningStatistics,
  statistics: BatchStatistics,
  attributes: RunningAttributes,
): RunningStatistics {
  const { mean: runningMean, variance: runningVariance } = running;
  const inputs = { runningMean, runningVariance, ...statistics };
  const [mean, variance] = runKernel(RUNNING_STATISTICS, inputs, attributes);
  return { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

/**
 * A convolution's `filter` (HWIO) and the batch norm behind it as one convolution with bias, by running statistics:
 * `filter · γ/√(variance + ε)` and `β − mean · γ/√(variance + ε)`, per output channel.
 */
export function foldBatchNorm(
  filter: tf.Tensor4D,
  { gamma, beta }: Pick<BatchNormInputs, "gamma" | "beta">,
  running: RunningStatistics,
  epsilon: number,
): { filter: tf.Tensor4D; bias: tf.Tensor1D } {
  const inputs = { filter, gamma, beta, ...running };
  const [folded, bias] = runKernel(FOLD_BATCH_NORM, inputs, { epsilon });
  return { filter: folded as tf.Tensor4D, bias: bias as tf.Tensor1D };
}
