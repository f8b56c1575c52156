/**
 * Stochastic gradient descent as PyTorch's `SGD` does it: weight decay added to the gradient, momentum without
 * dampening, Nesterov's look-ahead if asked for.
 *
 * @module
 */
import { sgdStep } from "../backend/sgd_step.ts";
import { disposeAll, type TensorMap } from "../model/parameters.ts";
import type { Rates } from "./schedule.ts";

/** Weight decay on every parameter, batch norm and bias included. */
export const WEIGHT_DECAY = 5e-4;

/** An optimiser and its momentum buffers, by parameter name. */
export class Sgd {
  /** Momentum buffers; empty before the first step. */
  readonly momenta: TensorMap;
  readonly #nesterov: boolean;

  constructor(nesterov: boolean, momenta: TensorMap = new Map()) {
    this.#nesterov = nesterov;
    this.momenta = momenta;
  }

  /**
   * Updates `parameters` in place (the map's tensors are replaced): `g ← g + λw`, `v ← μv + g`,
   * `w ← w − lr · (g + μv)` with Nesterov, `w − lr · v` without.
   *
   * @param gradients by parameter name; disposed
   */
  step(parameters: TensorMap, gradients: TensorMap, { lr, momentum }: Rates): void {
    const attributes = { lr, momentum, weightDecay: WEIGHT_DECAY, nesterov: this.#nesterov };
    for (const [name, gradient] of gradients) {
      const before = parameters.get(name)!, velocity = this.momenta.get(name);
      const updated = sgdStep(before, gradient, velocity, attributes);
      this.momenta.set(name, updated.velocity);
      parameters.set(name, updated.weight);
      velocity?.dispose();
      before.dispose();
    }
    disposeAll(gradients);
  }

  /** Frees the momentum buffers. */
  dispose(): void {
    disposeAll(this.momenta);
  }
}
