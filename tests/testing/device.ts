/**
 * Tests on a device that is opened before the first test of a file and closed after the last.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { openBackend } from "../../src/backend/open.ts";
import { ENGINE_NAME as WASM } from "../../src/backend/wasm/open.ts";
import { ENGINE_NAME as WEBGPU } from "../../src/backend/webgpu/open.ts";

/** The name of a device. */
export type DeviceName = Backend["name"];
/** A test with its device. */
export type Body = (backend: Backend) => Promise<void> | void;

/** Threads of the CPU engine: with two, kernels are split between threads. */
let workers = 2;
/** Has this file's tests run on one thread: on so few images a second one waits more than it works. */
export function onOneThread(): void {
  workers = 1;
}

/** The devices that the tests of this file ask for. */
const opened = new Map<DeviceName, Backend | undefined>();
Deno.test.beforeAll(async () => {
  for (const name of opened.keys()) {
    opened.set(name, await openBackend(name, { workers, tune: false }));
  }
});
Deno.test.afterAll(() => {
  for (const backend of opened.values()) backend?.close();
});

/**
 * Registers `body` as the test `name` on one device, open and tfjs's current one. It must leave as many tensors as it
 * found.
 */
export function onDevice(device: DeviceName, name: string, body: Body, ignore = false): void {
  if (!ignore) opened.set(device, undefined);
  Deno.test({
    name: `${name} [${device}]`,
    ignore,
    // Deno leaves both off unless asked. An open GPU device trips neither.
    sanitizeOps: true,
    sanitizeResources: true,
    async fn() {
      const backend = opened.get(device)!;
      await tf.setBackend({ wasm: WASM, webgpu: WEBGPU }[device]);
      const before = tf.memory().numTensors;
      await backend.guard(Promise.resolve(body(backend)));
      assert.equal(tf.memory().numTensors, before, "tensors left on the device");
    },
  });
}

/** Registers `body` as a test on WASM only: for what differs in no kernel, or in too many shapes for WebGPU. */
export function onWasm(name: string, body: Body): void {
  onDevice("wasm", name, body);
}
