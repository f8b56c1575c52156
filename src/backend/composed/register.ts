/**
 * Kernels that are made of tfjs's own operations, under the names of ours: they run on any backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormKernels } from "./batch_norm.ts";
import type { ComposedKernels, Inputs } from "./kernel.ts";
import { siluKernels } from "./silu.ts";
import { softmaxLossKernels } from "./softmax_losses.ts";
import { stepKernels } from "./steps.ts";

const KERNELS: ComposedKernels = {
  ...batchNormKernels,
  ...siluKernels,
  ...softmaxLossKernels,
  ...stepKernels,
};

/**
 * Registers the composed kernels for the backend called `backendName`, where it has none under these names. Engines do so for
 * themselves; on a backend of tfjs's own, losses and attacks need it.
 *
 * @example On tfjs's own backend in JavaScript
 * ```ts
 * import { crossEntropy, oneHot, registerComposedKernels } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * await tf.setBackend("cpu");
 * registerComposedKernels("cpu");
 * const [value] = await crossEntropy(tf.tensor2d([[0, 0]]), oneHot(Uint8Array.of(0), 2)).data();
 * assert.ok(Math.abs(value! - Math.LN2) < 1e-6);
 * ```
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
