/**
 * Kernels of the engine under the names by which tfjs asks for them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { TensorEngine } from "../tensors.ts";

/** Inputs of a kernel by tfjs's names. */
export type Inputs = Record<string, tf.TensorInfo>;

/** Computes one tfjs kernel. */
export type EngineKernel = (
  engine: TensorEngine,
  inputs: Inputs,
  attributes: tf.NamedAttrMap,
) => tf.TensorInfo | tf.TensorInfo[];

/** Kernels by tfjs's name. */
export type KernelTable = Readonly<Record<string, EngineKernel>>;

/** What tfjs's own CPU backend computes. */
export function stock(kernelName: string, ...[engine, inputs, attrs]: Parameters<EngineKernel>) {
  return tf.getKernel(kernelName, "cpu").kernelFunc({ inputs, backend: engine, attrs });
}

/** Registers `kernels` for the backend called `backendName`, in place of any that it has under these names. */
export function registerKernels(backendName: string, kernels: KernelTable): void {
  for (const [kernelName, compute] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) =>
        compute(
          backend as TensorEngine,
          inputs as Record<string, tf.TensorInfo>,
          attrs as tf.NamedAttrMap,
        ),
    });
  }
}
