/**
 * Tests that run on every device there is.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { openBackend } from "../../src/backend/open.ts";
import { ENGINE_NAME as WASM } from "../../src/backend/wasm/open.ts";
import { describeAdapters, ENGINE_NAME as WEBGPU } from "../../src/backend/webgpu/open.ts";

type BackendName = Backend["name"];
type Body = (backend: Backend) => Promise<void> | void;

/** Set to `1`, a missing WebGPU adapter fails the tests instead of skipping them. */
const REQUIRE_WEBGPU = "MEMLOSS_REQUIRE_WEBGPU";
/** Test files share the process's environment but no modules: this is how they agree on who speaks. */
const ANNOUNCED = "MEMLOSS_WEBGPU_SKIP_ANNOUNCED";

const requireWebGpu = Deno.env.get(REQUIRE_WEBGPU) === "1";
/** Whether tests that need WebGPU are to be ignored: there is no adapter, and none is required. */
export const skipWebGpu: boolean = !requireWebGpu && (await describeAdapters()).length === 0;
if (skipWebGpu && Deno.env.get(ANNOUNCED) === undefined) {
  Deno.env.set(ANNOUNCED, "1");
  console.error(
    "No WebGPU adapter: the WebGPU half of the tests is skipped. Mesa's software Vulkan is enough to run it " +
      `(Debian: apt-get install mesa-vulkan-drivers); ${REQUIRE_WEBGPU}=1 makes its absence a failure.`,
  );
}

/** The devices that the tests of this file ask for, opened before the first and closed after the last. */
const opened = new Map<BackendName, Backend | undefined>();
Deno.test.beforeAll(async () => {
  for (const name of opened.keys()) {
    if (name === "webgpu" && skipWebGpu) continue;
    opened.set(name, await openBackend(name, { workers: 2, tune: false }));
  }
});
Deno.test.afterAll(() => {
  for (const backend of opened.values()) backend?.close();
});

/** Registers `body` as the test `name` on one device. */
function register(device: BackendName, name: string, body: Body): void {
  opened.set(device, undefined);
  Deno.test({
    name: `${name} [${device}]`,
    ignore: device === "webgpu" && skipWebGpu,
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

/**
 * Registers `body` as a test on WASM and on WebGPU, with the device open and tfjs's current one. It must leave as many
 * tensors as it found.
 */
export function eachBackend(name: string, body: Body): void {
  register("wasm", name, body);
  register("webgpu", name, body);
}

/** As {@linkcode eachBackend}, on WASM only: for what differs in no kernel, or in too many shapes for WebGPU. */
export function onWasm(name: string, body: Body): void {
  register("wasm", name, body);
}
