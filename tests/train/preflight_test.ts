import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { openWebGpu } from "../../src/backend/webgpu/open.ts";
import { UsageError } from "../../src/errors.ts";
import { capacity, preflight } from "../../src/train/preflight.ts";
import { onWasm } from "../testing/device.ts";
import { countingAdapter } from "../testing/webgpu/fake_device.ts";
import { smallData, smallRecipe } from "../testing/runs.ts";

const DATA = smallData().train, IMAGES = 1000;
/** Bytes of the largest tensor of a V1 step of the smallest network for each image: three passes of 32×32 RGB. */
const LARGEST = 3 * 32 * 32 * 3 * 4;

/** Runs `body` with the engine on a pretended GPU that binds `limit` bytes at most, and must not compute. */
async function withLimit(limit: number, body: (backend: Backend) => Promise<void>): Promise<void> {
  const { adapter, calls } = countingAdapter({ maxStorageBufferBindingSize: limit });
  const description = { adapter, description: "counting", software: false };
  const backend = await openWebGpu(description, { tune: false });
  try {
    const tensors = tf.memory().numTensors;
    await body(backend);
    assert.equal(tf.memory().numTensors, tensors, "tensors left");
    assert.equal(calls.pipelines, 0, "nothing is compiled");
  } finally {
    backend.close();
  }
}

const v1 = (batchSize: number) => smallRecipe({ variant: "v1", batchSize });

Deno.test("preflight() refuses a batch that no kernel can bind, and names the largest", async () => {
  await withLimit(7.5 * LARGEST, async (backend) => {
    await assert.rejects(preflight(v1(64), DATA, IMAGES, backend), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(
        error.message,
        /^--batch-size 64 needs \d+ MiB .*: use --batch-size 7 or less, or --micro-batch 7\.$/,
      );
      return true;
    });
    await assert.rejects(preflight(v1(8), DATA, IMAGES, backend), /use --batch-size 7 or less/);
    assert.ok(await preflight(v1(7), DATA, IMAGES, backend));
    assert.ok(await preflight(v1(64), DATA, 7, backend), "there are no larger batches");
    assert.equal((await capacity(v1(64), DATA, backend))!.largestBatch, 7);
  });
});

Deno.test("preflight() lets a batch be larger than the device binds if its parts are not, and names the largest part", async () => {
  const cut = (microBatch: number) => smallRecipe({ variant: "v1", batchSize: 64, microBatch });
  await withLimit(7.5 * LARGEST, async (backend) => {
    assert.ok(await preflight(cut(7), DATA, IMAGES, backend));
    await assert.rejects(
      preflight(cut(8), DATA, IMAGES, backend),
      /^UsageError: --micro-batch 8 needs .*: use --micro-batch 7 or less\.$/,
    );
    await assert.rejects(preflight(cut(99), DATA, IMAGES, backend), /: --batch-size 64 needs /);
    assert.equal((await capacity(cut(7), DATA, backend))!.largestBatch, 7);
    assert.equal((await capacity(cut(8), DATA, backend))!.largestBatch, 7);
  });
});

const wide = (width: number) => smallRecipe({ width, batchSize: 8 });

Deno.test("preflight() refuses weights that the device cannot have, and names the largest width", async () => {
  // ResNet-18 of width 16 has 701,466 weights; of width 13 1.8 MiB of them, of width 14 2.1 MiB.
  await withLimit(2 ** 21, async (backend) => {
    await assert.rejects(preflight(wide(16), DATA, IMAGES, backend), {
      name: "UsageError",
      message: "--width 16 makes 3 MiB of weights, and webgpu can train at most 2 MiB here: " +
        "use --width 13 or less.",
    });
    assert.ok(await preflight(wide(13), DATA, IMAGES, backend));
  });
});

onWasm("preflight() refuses more weights than can be addressed", async (backend) => {
  await assert.rejects(
    preflight(wide(1024), DATA, IMAGES, backend),
    /--width 1024 makes 10\d{3} MiB of weights, and wasm can train at most 1366 MiB here/,
  );
});

Deno.test("preflight() says so when not even one image fits", async () => {
  await withLimit(LARGEST / 2, async (backend) => {
    await assert.rejects(
      preflight(v1(8), DATA, IMAGES, backend),
      /: use a smaller --width\.$/,
    );
    assert.equal((await capacity(v1(8), DATA, backend))!.largestBatch, 0);
  });
});

Deno.test("preflight() chooses the kernels of whole and last batches, capacity() chooses none", async () => {
  await withLimit(2 ** 27, async (backend) => {
    const { bytes, largestBatch } = (await capacity(v1(8), DATA, backend))!;
    assert.equal(largestBatch, Math.floor(2 ** 27 / LARGEST));
    assert.deepEqual(backend.choices(), {});
    const demand = (await preflight(v1(8), DATA, 20, backend))!;
    assert.ok(bytes > 8 * LARGEST && demand.bytes >= bytes, `${bytes}, ${demand.bytes}`);
    // Attacked alone, and trained on in two passes and, once there is a memory, in three.
    const batches = Object.keys(backend.choices())
      .map((key) => /^forward (\d+)x32x32x3 /.exec(key)?.[1])
      .filter((batch) => batch !== undefined);
    assert.deepEqual(batches.map(Number).sort((a, b) => a - b), [4, 8, 12, 16, 24]);
  });
});

Deno.test("preflight() chooses what only evaluations between epochs ask for", async () => {
  // No step of this variant needs the gradient of the images.
  for (const [select, expected] of [["val", 1], ["none", 0]] as const) {
    await withLimit(2 ** 27, async (backend) => {
      const recipe = smallRecipe({ variant: "standard", batchSize: 8, select });
      await preflight(recipe, DATA, IMAGES, backend);
      const keys = Object.keys(backend.choices());
      const gradients = keys.filter((key) => /^inputGradient 8x32x32x3 /.test(key));
      assert.equal(gradients.length, expected);
    });
  }
});

onWasm("preflight() knows nothing of an engine that allocates as it goes", async (backend) => {
  assert.equal(await preflight(v1(8), DATA, IMAGES, backend), undefined);
  assert.equal(await capacity(v1(8), DATA, backend), undefined);
});
