/**
 * SiLU, `x · σ(x)` with `σ(x) = 1/(1 + e^−x)`, as one differentiable operation over kernels that every engine provides.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor4D } from "../tensor.ts";
import { runKernel } from "./run_kernel.ts";

/** `{x} → x · σ(x)`. */
export const SILU = "MemlossSilu";
/** `{x, dy} → dy · σ(x) · (1 + x · (1 − σ(x)))`. */
export const SILU_GRADIENT = "MemlossSiluGradient";

/** SiLU of each value of `x`, whose second-order gradient is not defined. */
export function silu(x: Tensor4D): Tensor4D {
  const activate = tf.customGrad((...inputs) => {
    const [x, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    save([x]);
    return {
      value: runKernel(SILU, { x })[0]!,
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => runKernel(SILU_GRADIENT, { x, dy })[0]!,
    };
  });
  return activate(x) as Tensor4D;
}
