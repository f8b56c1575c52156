import assert from "node:assert/strict";
import { selectBinary } from "../../../src/backend/wasm/binaries.ts";
import { openWasm } from "../../../src/backend/wasm/open.ts";
import { smallRecipe, trainIn } from "../../testing/runs.ts";
import { inRunFolder, resultOf } from "../../repro/support.ts";

/** What a run leaves that is made where `prepare` has taken a feature away, and the engine's description. */
async function trainWithout(feature: "shared memory" | "SIMD" | undefined) {
  const { validate } = WebAssembly;
  const shared = Object.getOwnPropertyDescriptor(globalThis, "SharedArrayBuffer")!;
  if (feature === "SIMD") WebAssembly.validate = () => false;
  if (feature === "shared memory") Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  const backend = await openWasm({ workers: 2 }).finally(() => {
    WebAssembly.validate = validate;
    Object.defineProperty(globalThis, "SharedArrayBuffer", shared);
  });
  const { threads, adapter } = backend;
  try {
    let result: Awaited<ReturnType<typeof resultOf>> | undefined;
    await inRunFolder(async (runDir) => {
      await trainIn(
        runDir,
        smallRecipe({ variant: "v1", width: 2, epochs: 1, limitTrain: 8, batchSize: 4 }),
        backend,
      );
      result = await resultOf(runDir);
    });
    return { threads, adapter, result: result! };
  } finally {
    backend.close();
  }
}

Deno.test({
  name: "openWasm() computes the same bytes on one thread where memory cannot be shared",
  sanitizeOps: false, // a worker that closes itself does so after the test
  sanitizeResources: false,
  async fn() {
    assert.ok(selectBinary(false)!.shared);
    const threaded = await trainWithout(undefined), alone = await trainWithout("shared memory");
    assert.deepEqual([threaded.threads, alone.threads], [2, 1]);
    assert.deepEqual(alone.result, threaded.result);
  },
});

Deno.test("openWasm() trains in plain JavaScript where WebAssembly has no SIMD", async () => {
  const { adapter, threads, result } = await trainWithout("SIMD");
  assert.deepEqual([adapter, threads], ["JavaScript, no WebAssembly SIMD", 1]);
  assert.ok(Object.keys(result.files).some((name) => name.endsWith("epoch-001.safetensors")));
});
