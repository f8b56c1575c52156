/**
 * The WebGPU engine with the obvious convolutions: quick to compile, for tests of everything around them.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../../src/backend/backend.ts";
import type { Catalogue } from "../../../src/backend/webgpu/convolution/catalogue.ts";
import { describeAdapters, openWebGpu } from "../../../src/backend/webgpu/open.ts";
import type { TuningStore } from "../../../src/backend/webgpu/tuning/store.ts";
import { skipWebGpu } from "../webgpu/adapter.ts";
import { naiveConvolution } from "./convolution.ts";

/** Opens it; with a `store`, convolutions are timed and the times are kept there. */
export async function openNaiveEngine(store?: TuningStore): Promise<Backend> {
  const [adapter] = await describeAdapters();
  const modes = ["forward", "inputGradient", "filterGradient"] as const;
  const catalogue = Object.fromEntries(
    modes.map((mode) => [mode, [naiveConvolution(mode)]]),
  ) as unknown as Catalogue;
  return await openWebGpu(adapter!, {
    catalogue,
    tune: store !== undefined,
    ...store && { store },
  });
}

/** Registers `body` as a test on it; it must leave as many tensors as it found. */
export function onNaiveWebGpu(name: string, body: (backend: Backend) => Promise<void>): void {
  Deno.test({
    name: `${name} [webgpu]`,
    ignore: skipWebGpu,
    async fn() {
      const backend = await openNaiveEngine();
      try {
        const before = tf.memory().numTensors;
        await backend.guard(body(backend));
        assert.equal(tf.memory().numTensors, before, "tensors left on the device");
      } finally {
        backend.close();
      }
    },
  });
}
