import assert from "node:assert/strict";
import { openBackend } from "../../src/backend/open.ts";
import { smallRecipe, trainIn } from "../testing/runs.ts";
import { inRunFolder, resultOf } from "./support.ts";

/** What a run of the recipe leaves with that many threads. */
async function resultWith(workers: number, deterministic: boolean) {
  const backend = await openBackend("wasm", { workers, deterministic });
  let result: Awaited<ReturnType<typeof resultOf>> | undefined;
  try {
    assert.equal(backend.threads, workers);
    await inRunFolder(async (runDir) => {
      // Twenty images in steps of twelve and eight: no whole number of eights.
      const attackStart = deterministic ? "noise" : "memory";
      const recipe = smallRecipe({ variant: "v1", width: 6, batchSize: 12, attackStart });
      await trainIn(runDir, recipe, backend);
      result = await resultOf(runDir);
    });
  } finally {
    backend.close();
  }
  return result!;
}

for (const deterministic of [false, true]) {
  const arithmetic = deterministic ? "strict" : "relaxed";
  Deno.test({
    name: `training leaves the same bytes with 1, 2 and 3 threads, ${arithmetic} arithmetic`,
    // The engine is opened and closed within; a worker that closes itself does so after the test.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const expected = await resultWith(1, deterministic);
      for (const workers of [2, 3]) {
        assert.deepEqual(await resultWith(workers, deterministic), expected, `${workers} threads`);
      }
    },
  });
}
