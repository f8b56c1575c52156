import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { openBackend } from "../../src/backend/open.ts";
import { startRun } from "../../src/train/start.ts";
import { smallRecipe } from "../testing/runs.ts";
import { skipWebGpu } from "../testing/webgpu/adapter.ts";
import { openNaiveEngine } from "../testing/naive/engine.ts";

const REFUSED = {
  name: "UsageError",
  message: /^An engine of this kind is open in this process already: close\(\) it before/,
};

/** What the current engine makes of a product whose bits depend on how it rounds. */
async function product(): Promise<Float32Array> {
  const values = Float32Array.from({ length: 64 * 64 }, (_, i) => Math.fround(Math.sin(i)));
  return await tf.tidy(() => {
    const matrix = tf.tensor2d(values, [64, 64]);
    return tf.matMul(matrix, matrix, false, true);
  }).data<"float32">();
}

Deno.test("openBackend() refuses a second CPU engine, and the first one goes on", async () => {
  const relaxed = await openBackend("wasm", { workers: 1 });
  const expected = await product();
  await assert.rejects(openBackend("wasm", { workers: 1, deterministic: true }), REFUSED);
  assert.deepEqual(await product(), expected);
  relaxed.close();
  const strict = await openBackend("wasm", { workers: 1, deterministic: true });
  assert.match(strict.adapter, /strict/);
  assert.equal((await product()).length, expected.length);
  strict.close();
});

Deno.test("openBackend() leaves no thread of an engine that is refused while another is being opened", async () => {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-check",
      `
      import { openBackend } from "./src/backend/open.ts";
      const opened = await Promise.allSettled([1, 2].map(() => openBackend("wasm", { workers: 2 })));
      for (const { value } of opened) value?.close();
      console.log(opened.map(({ status }) => status).join());
    `,
    ],
    stdout: "piped",
    signal: AbortSignal.timeout(60_000),
  });
  const { success, stdout } = await process.output();
  assert.ok(success, "it has not ended");
  assert.equal(new TextDecoder().decode(stdout), "fulfilled,rejected\n");
});

Deno.test("an engine that is closed again leaves the next one alone", async () => {
  const first = await openBackend("wasm", { workers: 1 });
  const expected = await product();
  first.close();
  first.close();
  const second = await openBackend("wasm", { workers: 1 });
  first.close();
  assert.deepEqual(await product(), expected);
  second.close();
});

Deno.test("startRun() refuses to train on an engine that is someone else's", async () => {
  const own = await openBackend("wasm", { workers: 1 });
  const runDir = await Deno.makeTempDir();
  try {
    const recipe = smallRecipe({ variant: "v1", width: 1, limitTrain: 4, batchSize: 4, epochs: 1 });
    await assert.rejects(startRun(recipe, `${runDir}/run`), REFUSED);
    assert.deepEqual([...Deno.readDirSync(runDir)], [], "no folder is made");
    assert.equal((await product()).length, 64 * 64);
  } finally {
    own.close();
    await Deno.remove(runDir, { recursive: true });
  }
});

Deno.test({
  name: "an engine that is closed gives way to the one that was current before",
  ignore: skipWebGpu,
  async fn() {
    const first = await openBackend("wasm", { workers: 1 });
    const expected = await product(), name = tf.getBackend();
    const second = await openNaiveEngine();
    assert.notEqual(tf.getBackend(), name);
    await assert.rejects(openNaiveEngine(), REFUSED);
    second.close();
    assert.equal(tf.getBackend(), name);
    assert.deepEqual(await product(), expected);
    first.close();
  },
});
