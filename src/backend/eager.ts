/**
 * A deviceState for engines that run every operation at once, as tfjs asks for it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Computation, Compute, DeviceState, TensorMap } from "./backend.ts";

/** Keeps the maps' tensors where they are; a compiled computation is the function itself, tidied. */
export class EagerDeviceState implements DeviceState {
  readonly #maps: readonly TensorMap[];

  constructor(maps: readonly TensorMap[]) {
    this.#maps = maps;
  }

  compile(compute: Compute): Computation {
    return (inputs) => new Promise((resolve) => resolve(this.#run(compute, inputs)));
  }

  preflight(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  snapshot(map: TensorMap): TensorMap {
    return new Map([...map].map(([name, tensor]) => [name, tensor.clone()]));
  }

  dispose(): void {
    tf.dispose(this.#tensors());
    this.#maps.forEach((map) => map.clear());
  }

  #run(compute: Compute, inputs: tf.NamedTensorMap): tf.NamedTensorMap {
    const before = this.#tensors();
    const outputs = tf.tidy(() => {
      const results = compute(inputs);
      for (const tensor of this.#tensors()) tf.keep(tensor);
      return results;
    });
    const after = new Set(this.#tensors());
    tf.dispose(before.filter((tensor) => !after.has(tensor)));
    return outputs;
  }

  #tensors(): tf.Tensor[] {
    return this.#maps.flatMap((map) => [...map.values()]);
  }
}
