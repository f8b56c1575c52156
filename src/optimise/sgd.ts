/**
 * Stochastic gradient descent as PyTorch's `SGD` does it: weight decay added to the gradient, momentum without
 * dampening, Nesterov's look-ahead if asked for.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { sgdStep, type SgdStepAttributes } from "../backend/operations/sgd_step.ts";
import type { TensorMap } from "../model/parameters.ts";
import type { Rates } from "./schedule.ts";

/** `rates` as {@linkcode Sgd.step} takes them. */
export function rateTensor({ lr, momentum }: Rates): tf.Tensor1D {
  return tf.tensor1d([lr, momentum]);
}

/** Zeros in the shapes of `parameters`: the momentum buffers that an optimiser starts from, or gradients before any is added. */
export function zeroMomenta(parameters: TensorMap): TensorMap {
  return new Map([...parameters].map(([name, { shape }]) => [name, tf.zeros(shape)]));
}

/** An optimiser and its momentum buffers, by parameter name. */
export class Sgd {
  /** Has a buffer for every parameter. */
  readonly momenta: TensorMap;
  readonly #attributes: SgdStepAttributes;

  /**
   * @param attributes with the weight decay of every parameter, batch norm and bias included
   * @param momenta see {@linkcode zeroMomenta}; {@linkcode step} replaces them
   */
  constructor(attributes: SgdStepAttributes, momenta: TensorMap) {
    this.#attributes = attributes;
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
    sgdStep(parameters, gradients, this.momenta, rates, this.#attributes);
  }
}
