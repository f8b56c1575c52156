import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { ENGINE_NAME as WASM } from "../../src/backend/wasm/open.ts";
import { ENGINE_NAME as WEBGPU } from "../../src/backend/webgpu/open.ts";
import { eachBackend } from "../testing/backends.ts";
import { read } from "../testing/tensors.ts";

eachBackend(
  "openBackend() makes the device tfjs's backend, tensors of any size included",
  async (backend) => {
    assert.equal(tf.getBackend(), { wasm: WASM, webgpu: WEBGPU }[backend.name]);
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
