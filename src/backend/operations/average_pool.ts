/**
 * The global average pool as a differentiable operation over kernels that every engine provides.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { runKernel } from "./run_kernel.ts";

/** `{x [N,H,W,C]} → [N,C]`, the mean over height and width. */
export const GLOBAL_AVERAGE_POOL = "MemlossGlobalAveragePool";
/** `{dy [N,C]}, {shape: [N,H,W,C]} → dx`. */
export const GLOBAL_AVERAGE_POOL_GRADIENT = "MemlossGlobalAveragePoolGradient";

/** The mean of `x` `[N,H,W,C]` over height and width, `[N,C]`, differentiable. */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor2D {
  const pool = tf.customGrad((input) => {
    const image = input as tf.Tensor;
    return {
      value: runKernel(GLOBAL_AVERAGE_POOL, { x: image })[0]!,
      gradFunc: (dy: tf.Tensor) =>
        runKernel(GLOBAL_AVERAGE_POOL_GRADIENT, { dy }, { shape: image.shape })[0]!,
    };
  });
  return pool(x) as tf.Tensor2D;
}
