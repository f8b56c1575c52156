/**
 * One parameter's update by stochastic gradient descent as one operation over a kernel that every engine provides.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { runKernel } from "./run_kernel.ts";

/** `{weight, gradient, velocity?}, attributes → [weight, velocity]`, see {@linkcode sgdStep}. */
export const SGD_STEP = "MemlossSgdStep";

/** The attributes of {@linkcode SGD_STEP}. */
export interface SgdStepAttributes extends tf.NamedAttrMap {
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
}

/**
 * `g ← gradient + λ·weight`, `v ← μ·velocity + g` (`g` without a velocity), and the new weight
 * `weight − lr·(g + μv)` with Nesterov, `weight − lr·v` without, as PyTorch's `SGD` does it.
 */
export function sgdStep(
  weight: tf.Tensor,
  gradient: tf.Tensor,
  velocity: tf.Tensor | undefined,
  attributes: SgdStepAttributes,
): { weight: tf.Tensor; velocity: tf.Tensor } {
  const [updated, speed] = runKernel(SGD_STEP, { weight, gradient, velocity }, attributes);
  return { weight: updated!, velocity: speed! };
}
