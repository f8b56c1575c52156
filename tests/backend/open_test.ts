import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { openBackend } from "../../src/backend/open.ts";
import { ENGINE_NAME } from "../../src/backend/wasm/open.ts";
import { UsageError } from "../../src/errors.ts";
import { eachBackend } from "../testing/backends.ts";
import { withAdapter } from "../testing/fake_gpu.ts";
import { read } from "../testing/tensors.ts";

const SOFTWARE = { description: "llvmpipe (LLVM 15.0.6, 256 bits)" };

for (const [what, info] of [["no WebGPU", undefined], ["no adapter", null]] as const) {
  Deno.test(`openBackend() refuses webgpu where there is ${what}`, () =>
    withAdapter(info, async () => {
      await assert.rejects(openBackend("webgpu"), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(
          error.message,
          /^--backend webgpu found no WebGPU adapter: .*--backend wasm\.$/,
        );
        return true;
      });
    }));
}

for (const info of [undefined, null, SOFTWARE]) {
  const machine = info ? "only a software adapter" : info === null ? "no adapter" : "no WebGPU";
  Deno.test(`openBackend() takes wasm for auto where there is ${machine}`, () =>
    withAdapter(info, async () => {
      const backend = await openBackend("auto");
      assert.deepEqual([backend.name, tf.getBackend()], ["wasm", ENGINE_NAME]);
      backend.close();
    }));
}

Deno.test("openBackend() goes for the hardware adapter for auto", () =>
  withAdapter({ description: "NVIDIA GeForce" }, async () => {
    await assert.rejects(openBackend("auto"), /only pretended/); // it was asked for a device
  }));

eachBackend(
  "openBackend() makes the device tfjs's backend, tensors of any size included",
  async (backend) => {
    assert.equal(tf.getBackend(), backend.name === "wasm" ? ENGINE_NAME : backend.name);
    assert.notEqual(backend.adapter, "");
    const small = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 0.5));
    assert.deepEqual([...await read(small)], [1.5, 2.5]);
  },
);

eachBackend("Backend.guard() passes on what the work came to", async (backend) => {
  assert.equal(await backend.guard(Promise.resolve(7)), 7);
  await assert.rejects(
    backend.guard(Promise.reject(new Error("the work's own"))),
    /the work's own/,
  );
});
