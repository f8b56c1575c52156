import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Backend } from "../../src/backend/backend.ts";
import { RunError } from "../../src/errors.ts";
import { skipWebGpu } from "../testing/webgpu/adapter.ts";
import { openNaiveEngine } from "../testing/naive/engine.ts";
import { smallRecipe, trainIn } from "../testing/runs.ts";
import { inRunFolder, resultOf } from "./support.ts";

/** Two epochs of two steps, the second one with a memory. The shapes are those of `webgpu_test.ts`: Mesa keeps their kernels. */
const RECIPE = smallRecipe({ variant: "v1", width: 2, limitTrain: 6, batchSize: 3 });

async function onNewDevice(body: (backend: Backend, device: GPUDevice) => Promise<void>) {
  const backend = await openNaiveEngine();
  try {
    await body(backend, (tf.backend() as WebGPUBackend).device);
  } finally {
    backend.close();
  }
}

const FAILURES: readonly (readonly [string, (device: GPUDevice) => void, RegExp])[] = [
  ["is lost", (device) => device.destroy(), /^The GPU device was lost \(destroyed\)/],
  [
    "reports an error",
    (device) => void device.createBuffer({ size: 2 ** 50, usage: GPUBufferUsage.STORAGE }),
    /^The GPU reported an error: /,
  ],
];

Deno.test({
  name: "a run whose device fails ends at its last checkpoint, and goes on from there [webgpu]",
  ignore: skipWebGpu,
  async fn() {
    await inRunFolder(async (whole) => {
      await onNewDevice((backend) => trainIn(whole, RECIPE, backend));
      const expected = await resultOf(whole);
      for (const [what, fail, sentence] of FAILURES) {
        await inRunFolder(async (runDir) => {
          await onNewDevice(async (backend, device) => {
            const observer = {
              onStep({ epoch }: { epoch: number }) {
                if (epoch === 2) fail(device);
              },
            };
            await assert.rejects(trainIn(runDir, RECIPE, backend, { observer }), (error) => {
              assert.ok(error instanceof RunError, `${what}: ${error}`);
              assert.match(error.message, sentence);
              return true;
            });
          });
          await onNewDevice((backend) => trainIn(runDir, RECIPE, backend));
          assert.deepEqual(await resultOf(runDir), expected, what);
        });
      }
    });
  },
});
