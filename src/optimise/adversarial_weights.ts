/**
 * The adversary of the weights in AWP (Wu et al. 2020, arXiv 2004.05884): one step up the loss of the present batch, each
 * layer's as long as a share of its weight, from where the gradient of the descent is taken.
 *
 * What is published in several forms is taken from the authors' program for TRADES:
 *
 * - One step, along the gradient of the method's own loss at `w`, every term of it, on the batch that is descended next.
 *   Their proxy takes it by plain SGD, without momentum and weight decay; its learning rate cancels in the scaling.
 * - `x'` is made before, on the network that is not perturbed.
 * - `v = γ · ‖w‖ · g/(‖g‖ + 1e-20)` for each tensor of more than one dimension: a convolution's or the linear layer's weight.
 *   Batch norm's γ and β and the linear bias stay where they are.
 * - Both gradients are taken in training mode. The adversary's pass leaves no trace in the running statistics of batch norm;
 *   the descent's, which is the perturbed network's, moves them as ever.
 * - The optimiser steps from `w + v`, and `v` is taken off afterwards: so weight decay is of the perturbed weights. Here `w`
 *   never leaves its place, and `λv` is added to the gradient instead, which is the same without the rounding.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../backend/backend.ts";
import { length } from "./gradient_norm.ts";

/** Keeps a gradient of zero from a division by zero. */
const SMALLEST = 1e-20;

/** Those of `parameters` that an adversary moves. */
export function perturbable(parameters: TensorMap): TensorMap {
  return new Map([...parameters].filter(([, { shape }]) => shape.length > 1));
}

/**
 * `v = γ · ‖w‖ · g/(‖g‖ + 1e-20)` for every tensor `w` of more than one dimension, by name.
 *
 * @param gradients `g`, under the names of `parameters`
 * @param gamma γ
 */
export function weightPerturbation(
  parameters: TensorMap,
  gradients: TensorMap,
  gamma: number,
): TensorMap {
  return new Map(
    [...perturbable(parameters)].map(([name, weight]) => {
      const gradient = gradients.get(name)!;
      return [
        name,
        tf.tidy(() => {
          const reach = tf.mul(length(weight), gamma);
          return tf.mul(gradient, tf.div(reach, tf.add(length(gradient), SMALLEST)));
        }),
      ];
    }),
  );
}

/** Every tensor of `tensors` with `factor` times that of its name in `shift` added, where there is one; none is disposed. */
export function shifted(tensors: TensorMap, shift: TensorMap, factor = 1): TensorMap {
  return new Map([...tensors].map(([name, tensor]) => {
    const by = shift.get(name);
    if (by === undefined) return [name, tensor];
    return [name, tf.tidy(() => tf.add(tensor, factor === 1 ? by : tf.mul(by, factor)))];
  }));
}
