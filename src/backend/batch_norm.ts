/**
 * Batch normalisation in training mode as a differentiable operation (Ioffe & Szegedy 2015), over kernels that every
 * engine provides in its own way: {@linkcode BATCH_NORM_STATISTICS}, {@linkcode BATCH_NORM_APPLY} and
 * {@linkcode BATCH_NORM_GRADIENT}.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
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

/** What follows the normalisation. */
export interface BatchNormFollowers {
  /** Added to the result; same shape. */
  readonly add?: tf.Tensor4D;
  /** Whether negative results then become zero. */
  readonly relu?: boolean;
}

/** Mean and biased variance per channel over `[N,H,W]`: two tensors `[C]`. */
export function batchNormStatistics(x: tf.Tensor4D): { mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const [mean, variance] = runKernel(BATCH_NORM_STATISTICS, { x });
  return { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

/**
 * Normalises `x` `[N,H,W,C]` by its own batch statistics, then adds and rectifies if asked to; differentiable in `x`,
 * `gamma`, `beta` `[C]` and `add`.
 *
 * `mean` and `variance` must be {@linkcode batchNormStatistics} of `x`: the gradient accounts for how they depend on
 * `x`, so they are not inputs of their own.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  { mean, variance }: { mean: tf.Tensor1D; variance: tf.Tensor1D },
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  { add, relu = false }: BatchNormFollowers = {},
): tf.Tensor4D {
  const normalise = tf.customGrad((...inputs) => {
    const save = inputs.pop() as tf.GradSaveFunc;
    const [x, gamma, beta, add] = inputs as tf.Tensor[];
    const attributes: BatchNormAttributes = { epsilon, relu };
    const [y] = runKernel(BATCH_NORM_APPLY, { x, mean, variance, gamma, beta, add }, attributes);
    save([x!, gamma!, mean, variance, ...relu ? [y!] : []]);
    return {
      value: y!,
      gradFunc(dy: tf.Tensor, saved: tf.Tensor[]) {
        const [x, gamma, mean, variance, y] = saved;
        const attributes: BatchNormGradientAttributes = { epsilon, add: add !== undefined };
        return runKernel(BATCH_NORM_GRADIENT, { dy, x, mean, variance, gamma, y }, attributes);
      },
    };
  });
  return normalise(x, gamma, beta, ...add ? [add] : []) as tf.Tensor4D;
}
