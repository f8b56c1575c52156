/**
 * Kernels that are made of tfjs's own operations, under the names of ours: they run on any backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormKernels } from "./batch_norm.ts";
import type { ComposedKernels, Inputs } from "./kernel.ts";
import { softmaxLossKernels } from "./softmax_losses.ts";
import { stepKernels } from "./steps.ts";

const KERNELS: ComposedKernels = { ...batchNormKernels, ...softmaxLossKernels, ...stepKernels };

/**
 * Registers the composed kernels for the backend called `backendName`, where it has none under these names. Engines do so for
 * themselves; on a backend of tfjs's own, losses and attacks need it.
 */
export function registerComposedKernels(backendName: string): void {
  for (const [kernelName, compute] of Object.entries(KERNELS)) {
    if (tf.getKernel(kernelName, backendName)) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => compute(inputs as unknown as Inputs, attrs as tf.NamedAttrMap)),
    });
  }
}
