import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { openWebGpu } from "../../src/backend/webgpu/open.ts";
import { UsageError } from "../../src/errors.ts";
import { capacity, preflight } from "../../src/train/preflight.ts";
import { onWasm } from "../testing/device.ts";
import { countingAdapter } from "../testing/webgpu/fake_device.ts";
import { smallRecipe } from "../testing/runs.ts";

const CLASSES = 10, IMAGES = 1000;
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
    await assert.rejects(preflight(v1(64), CLASSES, IMAGES, backend), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(
        error.message,
        /^--batch-size 64 needs \d+ MiB .*: use --batch-size 7 or less\.$/,
      );
      return true;
    });
    await assert.rejects(preflight(v1(8), CLASSES, IMAGES, backend), /use --batch-size 7 or less/);
    assert.ok(await preflight(v1(7), CLASSES, IMAGES, backend));
    assert.ok(await preflight(v1(64), CLASSES, 7, backend), "there are no larger batches");
    assert.equal((await capacity(v1(64), CLASSES, backend))!.largestBatch, 7);
  });
});

Deno.test("preflight() says so when not even one image fits", async () => {
  await withLimit(LARGEST / 2, async (backend) => {
    await assert.rejects(
      preflight(v1(8), CLASSES, IMAGES, backend),
      /: use a smaller --width\.$/,
    );
    assert.equal((await capacity(v1(8), CLASSES, backend))!.largestBatch, 0);
  });
});

Deno.test("preflight() chooses the kernels of whole and last batches, capacity() chooses none", async () => {
  await withLimit(2 ** 27, async (backend) => {
    const { bytes, largestBatch } = (await capacity(v1(8), CLASSES, backend))!;
    assert.equal(largestBatch, Math.floor(2 ** 27 / LARGEST));
    assert.deepEqual(backend.choices(), {});
    const demand = (await preflight(v1(8), CLASSES, 20, backend))!;
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
      await preflight(recipe, CLASSES, IMAGES, backend);
      const keys = Object.keys(backend.choices());
      const gradients = keys.filter((key) => /^inputGradient 8x32x32x3 /.test(key));
      assert.equal(gradients.length, expected);
    });
  }
});

onWasm("preflight() knows nothing of an engine that allocates as it goes", async (backend) => {
  assert.equal(await preflight(v1(8), CLASSES, IMAGES, backend), undefined);
  assert.equal(await capacity(v1(8), CLASSES, backend), undefined);
});
