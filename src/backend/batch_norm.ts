/**
 * Batch normalisation in training mode as a differentiable operation (Ioffe & Szegedy 2015), over kernels that every
 * engine provides in its own way: {@linkcode BATCH_NORM_STATISTICS}, {@linkcode BATCH_NORM_APPLY} and
 * {@linkcode BATCH_NORM_GRADIENT}.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** `{x [N,H,W,C]} → [mean [C], variance [C]]`, the biased variance in two passes or in float64. */
export const BATCH_NORM_STATISTICS = "MemlossBatchNormStatistics";
/** `{x, mean, variance, gamma, beta}, {epsilon} → (x − mean)/√(variance + ε) · γ + β`. */
export const BATCH_NORM_APPLY = "MemlossBatchNormApply";
/** `{dy, x, mean, variance, gamma}, {epsilon} → [dx, dγ, dβ]`, mean and variance depending on x. */
export const BATCH_NORM_GRADIENT = "MemlossBatchNormGradient";

/** The attributes of {@linkcode BATCH_NORM_APPLY} and {@linkcode BATCH_NORM_GRADIENT}. */
export interface BatchNormAttributes extends tf.NamedAttrMap {
  readonly epsilon: number;
}

/** Mean and biased variance per channel over `[N,H,W]`: two tensors `[C]`. */
export function batchNormStatistics(x: tf.Tensor4D): { mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const [mean, variance] = runKernel(BATCH_NORM_STATISTICS, { x });
  return { mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

/**
 * Normalises `x` `[N,H,W,C]` by its own batch statistics, differentiable in `x`, `gamma` and `beta` `[C]`.
 *
 * `mean` and `variance` must be {@linkcode batchNormStatistics} of `x`: the gradient accounts for how they depend on
 * `x`, so they are not inputs of their own.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  statistics: { mean: tf.Tensor1D; variance: tf.Tensor1D },
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
): tf.Tensor4D {
  const { mean, variance } = statistics;
  const attributes: BatchNormAttributes = { epsilon };
  const normalise = tf.customGrad((...inputs) => {
    const [x, gamma, beta, save] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [y] = runKernel(BATCH_NORM_APPLY, { x, mean, variance, gamma, beta }, attributes);
    save([x, gamma, mean, variance]);
    return {
      value: y!,
      gradFunc(dy: tf.Tensor, saved: tf.Tensor[]) {
        const [x, gamma, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        return runKernel(BATCH_NORM_GRADIENT, { dy, x, mean, variance, gamma }, attributes);
      },
    };
  });
  return normalise(x, gamma, beta) as tf.Tensor4D;
}

/** Runs a kernel of ours, whose outputs are always a list or one tensor. */
function runKernel(
  name: string,
  inputs: tf.NamedTensorMap,
  attributes: tf.NamedAttrMap = {},
): tf.Tensor[] {
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, inputs, attributes);
  return Array.isArray(outputs) ? outputs : [outputs];
}
