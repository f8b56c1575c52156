/**
 * Batch normalisation in training mode (Ioffe & Szegedy 2015) and its gradient, over kernels that every engine provides
 * in its own way: {@linkcode BATCH_NORM_STATISTICS}, {@linkcode BATCH_NORM_APPLY} and {@linkcode BATCH_NORM_GRADIENT}.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { runKernel } from "./run_kernel.ts";

/** `{x [N,H,W,C]} → [mean [C], variance [C]]`, the biased variance in two passes or in float64. */
export const BATCH_NORM_STATISTICS = "MemlossBatchNormStatistics";
/** `{x, mean, variance, gamma, beta, add?}, {epsilon, relu} → (x − mean)/√(variance + ε) · γ + β + add`, rectified. */
export const BATCH_NORM_APPLY = "MemlossBatchNormApply";
/**
 * `{dy, x, mean, variance, gamma, y?}, {epsilon, add} → [dx, dγ, dβ, dAdd?]`, mean and variance depending on x. Where
 * `y` is given, `dy` counts only where `y > 0`; `dAdd` is there if `add` is true.
 */
export const BATCH_NORM_GRADIENT = "MemlossBatchNormGradient";

/** The attributes of {@linkcode BATCH_NORM_APPLY}. */
export interface BatchNormAttributes extends tf.NamedAttrMap {
  readonly epsilon: number;
  readonly relu: boolean;
}

/** The attributes of {@linkcode BATCH_NORM_GRADIENT}. */
export interface BatchNormGradientAttributes extends tf.NamedAttrMap {
  readonly epsilon: number;
  readonly add: boolean;
}

/** Mean and biased variance per channel over `[N,H,W]`: two tensors `[C]`. */
export interface BatchStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** The statistics of `x` `[N,H,W,C]`. */
export function batchNormStatistics(x: tf.Tensor4D): BatchStatistics {
  const [mean, variance] = runKernel(BATCH_NORM_STATISTICS, { x });
  return { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
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
