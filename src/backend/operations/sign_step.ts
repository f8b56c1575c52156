/**
 * PGD's step in L∞ as one operation over a kernel that every engine provides.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { runKernel } from "./run_kernel.ts";

/** `{x, adversarial, slope}, {stepSize, epsilon} → adversarial`, see {@linkcode signStep}. */
export const SIGN_STEP = "MemlossSignStep";

/** The attributes of {@linkcode SIGN_STEP}. */
export interface SignStepAttributes extends tf.NamedAttrMap {
  readonly stepSize: number;
  readonly epsilon: number;
}

/**
 * `clip_[0,1](Π_{‖·−x‖∞ ≤ ε}(adversarial + stepSize · sign(slope)))`, `sign(0) = 0`, for tensors of one shape. Not
 * differentiable.
 */
export function signStep(
  x: tf.Tensor4D,
  adversarial: tf.Tensor4D,
  slope: tf.Tensor4D,
  attributes: SignStepAttributes,
): tf.Tensor4D {
  return runKernel(SIGN_STEP, { x, adversarial, slope }, attributes)[0] as tf.Tensor4D;
}
