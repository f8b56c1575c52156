/**
 * Stochastic gradient descent as PyTorch's `SGD` does it: weight decay added to the gradient, momentum without
 * dampening, Nesterov's look-ahead if asked for.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { sgdStep } from "../backend/operations/sgd_step.ts";
import type { TensorMap } from "../model/parameters.ts";
import type { Rates } from "./schedule.ts";

/** Weight decay on every parameter, batch norm and bias included. */
export const WEIGHT_DECAY = 5e-4;

/** `rates` as {@linkcode Sgd.step} takes them. */
export function rateTensor({ lr, momentum }: Rates): tf.Tensor1D {
  return tf.tensor1d([lr, momentum]);
}

/** Zeros in the shapes of `parameters`: the momentum buffers that an optimiser starts from. */
export function zeroMomenta(parameters: TensorMap): TensorMap {
  return new Map([...parameters].map(([name, { shape }]) => [name, tf.zeros(shape)]));
}

/** An optimiser and its momentum buffers, by parameter name. */
export class Sgd {
  /** Has a buffer for every parameter. */
  readonly momenta: TensorMap;
  readonly #nesterov: boolean;

  /** @param momenta see {@linkcode zeroMomenta}; {@linkcode step} replaces them */
  constructor(nesterov: boolean, momenta: TensorMap) {
    this.#nesterov = nesterov;
    this.momenta = momenta;
  }

  /**
   * Updates `parameters` (the map's tensors, and those of the momentum buffers, are replaced, not disposed):
   * `g ← g + λw`, `v ← μv + g`, `w ← w − lr · (g + μv)` with Nesterov, `w − lr · v` without.
   *
   * @param gradients by parameter name
   * @param rates see {@linkcode rateTensor}
   */
  step(parameters: TensorMap, gradients: TensorMap, rates: tf.Tensor1D): void {
    const attributes = { weightDecay: WEIGHT_DECAY, nesterov: this.#nesterov };
    sgdStep(parameters, gradients, this.momenta, rates, attributes);
  }
}
