import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { openBackend } from "../../src/backend/open.ts";
import { ENGINE_NAME } from "../../src/backend/wasm/open.ts";
import { UsageError } from "../../src/errors.ts";
import { withAdapter } from "../testing/webgpu/fake_gpu.ts";

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

Deno.test("openBackend() refuses float16 attacks where they cannot be made", async () => {
  const f16 = { attackPrecision: "f16" } as const;
  await assert.rejects(openBackend("wasm", f16), {
    name: "UsageError",
    message: "--attack-precision f16 needs --backend webgpu and a GPU that has it.",
  });
  await withAdapter({ description: "NVIDIA GeForce" }, async () => {
    await assert.rejects(openBackend("webgpu", f16), {
      name: "UsageError",
      message: "--attack-precision f16 needs shader-f16, which NVIDIA GeForce lacks.",
    });
  });
});
