/**
 * What a learner computes on the CPU engine and, replayed, on WebGPU.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../../src/backend/backend.ts";
import { openBackend } from "../../../src/backend/open.ts";
import { skipWebGpu } from "../../testing/webgpu/adapter.ts";
import { openNaiveEngine } from "../../testing/naive/engine.ts";

/** Results by name. */
export type Values = Record<string, Float32Array>;

/**
 * Registers a test of `run`, whose results on the CPU engine and, replayed, on WebGPU are given to `compare`; `open` opens
 * the latter, which has the obvious convolutions unless given.
 */
export function onBoth(
  name: string,
  run: (backend: Backend) => Promise<Values>,
  compare: (expected: Values, actual: Values) => void,
  open: () => Promise<Backend> = openNaiveEngine,
): void {
  Deno.test({
    name,
    ignore: skipWebGpu,
    async fn() {
      const results: Values[] = [];
      for (const openEngine of [() => openBackend("wasm", { workers: 1 }), open]) {
        const backend = await openEngine();
        try {
          const before = tf.memory().numTensors;
          results.push(await backend.guard(run(backend)));
          assert.equal(tf.memory().numTensors, before, `tensors left on ${backend.name}`);
        } finally {
          backend.close();
        }
      }
      const [expected, actual] = results as [Values, Values];
      assert.deepEqual(Object.keys(actual), Object.keys(expected));
      compare(expected, actual);
    },
  });
}
