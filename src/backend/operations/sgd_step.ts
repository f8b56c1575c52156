/**
 * The update by stochastic gradient descent over kernels that every engine provides: one for a parameter, or one for all
 * of them where an engine has it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../backend.ts";
import { runKernel } from "./run_kernel.ts";

/** `{weight, gradient, velocity, rates [2]}, attributes → [weight, velocity]`, see {@linkcode sgdStep}. */
export const SGD_STEP = "MemlossSgdStep";
/** `{rates, w0, g0, v0, w1, …}, {…, count} → [w0, v0, w1, …]`: {@linkcode SGD_STEP} for `count` parameters. */
export const SGD_STEPS = "MemlossSgdSteps";

/** The attributes of {@linkcode SGD_STEP}. */
export interface SgdStepAttributes extends tf.NamedAttrMap {
  readonly weightDecay: number;
  readonly nesterov: boolean;
}

/**
 * For every parameter `g ← gradient + λ·weight`, `v ← μ·velocity + g`, and the new weight `weight − lr·(g + μv)` with
 * Nesterov, `weight − lr·v` without, as PyTorch's `SGD` does it. New tensors take the places of the old ones in
 * `weights` and `velocities`; the old ones stay the caller's, who must not read them any more: where a step is replayed
 * the new values have taken their memory.
 *
 * @param gradients under the names of `weights`
 * @param rates `lr` and momentum `μ`
 */
export function sgdStep(
  weights: TensorMap,
  gradients: TensorMap,
  velocities: TensorMap,
  rates: tf.Tensor1D,
  attributes: SgdStepAttributes,
): void {
  const names = [...weights.keys()];
  const operands = names.map((name) => ({
    weight: weights.get(name)!,
    gradient: gradients.get(name)!,
    velocity: velocities.get(name)!,
  }));
  const updated = tf.getKernel(SGD_STEPS, tf.getBackend())
    ? runKernel(SGD_STEPS, {
      rates,
      ...Object.fromEntries(operands.flatMap(({ weight, gradient, velocity }, i) => [
        [`w${i}`, weight],
        [`g${i}`, gradient],
        [`v${i}`, velocity],
      ])),
    }, { ...attributes, count: names.length })
    : operands.flatMap((operand) => runKernel(SGD_STEP, { ...operand, rates }, attributes));
  names.forEach((name, i) => {
    weights.set(name, updated[2 * i]!);
    velocities.set(name, updated[2 * i + 1]!);
  });
}
