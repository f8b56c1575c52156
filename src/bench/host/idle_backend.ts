/**
 * A device that computes nothing and answers at once: what a step takes on it is the host's part.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type {
  Backend,
  Computation,
  Compute,
  DeviceState,
  TensorMap,
} from "../../backend/backend.ts";
import { registerTraceKernels } from "../../backend/webgpu/trace/kernels.ts";
import { homesOf, type PaperHome, type Shapes, traceOnPaper } from "./paper_trace.ts";

/** What a step asks of the device. */
export type Asked = "attack" | "descend" | "update";

/** One thing that was asked of the device, in milliseconds of `performance.now()`. */
export interface IdleCall {
  readonly what: Asked;
  readonly asked: number;
  readonly answered: number;
}

/** Makes it tfjs's backend: tensors are arrays on the host. `calls` is told of every computation. */
export async function openIdleBackend(calls: IdleCall[]): Promise<Backend> {
  registerTraceKernels();
  await tf.setBackend("cpu");
  return {
    name: "webgpu",
    adapter: "a device that computes nothing",
    threads: 1,
    guard: (work) => work,
    choices: () => ({}),
    prepare: () => Promise.resolve(),
    deviceState: (maps) => new IdleDeviceState(maps, calls),
    close: () => {},
  };
}

/** Keeps the maps as they are. An attack yields its clean images, everything else zeros. */
class IdleDeviceState implements DeviceState {
  readonly #homes: readonly PaperHome[];
  readonly #calls: IdleCall[];

  constructor(maps: readonly TensorMap[], calls: IdleCall[]) {
    this.#homes = homesOf(maps);
    this.#calls = calls;
  }

  compile(compute: Compute): Computation {
    const known = new Map<string, Shapes>();
    return (inputs) => {
      const asked = performance.now();
      const given = Object.fromEntries(
        Object.entries(inputs).map(([name, { shape }]) => [name, shape]),
      );
      const key = JSON.stringify(given);
      const shapes = known.get(key) ?? traceOnPaper(this.#homes, compute, given).shapes;
      known.set(key, shapes);
      const what = "start" in inputs ? "attack" : "rates" in inputs ? "update" : "descend";
      const outputs = Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [
          name,
          what === "attack" ? inputs.nat!.clone() : tf.zeros([...shape]),
        ]),
      );
      // As soon as the host has nothing else to do: what it does meanwhile costs a device that computes nothing.
      const { promise, resolve } = Promise.withResolvers<tf.NamedTensorMap>();
      setTimeout(() => {
        this.#calls.push({ what, asked, answered: performance.now() });
        resolve(outputs);
      });
      return promise;
    };
  }

  preflight(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  snapshot(map: TensorMap): TensorMap {
    return new Map([...map].map(([name, tensor]) => [name, tensor.clone()]));
  }

  dispose(): void {
    for (const { map } of this.#homes) {
      tf.dispose([...map.values()]);
      map.clear();
    }
  }
}
