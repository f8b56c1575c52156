import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import { openWebGpu } from "../../src/backend/webgpu/open.ts";
import { UsageError } from "../../src/errors.ts";
import { needsHelper } from "../../src/method/method.ts";
import { methodOf } from "../../src/method/methods.ts";
import { preactResnet18 } from "../../src/model/architectures/preact_resnet18.ts";
import { initialise } from "../../src/model/parameters.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import { trainedArchitecture } from "../../src/run/weights/architecture.ts";
import { Learner } from "../../src/train/learner/learner.ts";
import { capacity, preflight } from "../../src/train/preflight.ts";
import { onWasm } from "../testing/device.ts";
import { countingAdapter } from "../testing/webgpu/fake_device.ts";
import { smallData, smallRecipe } from "../testing/runs.ts";

const DATA = smallData().train, IMAGES = 1000, N = 8;
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

/** Layers that only scale and shift, a nonlinearity that goes layer by layer, a second network, an average, an adversary of the weights. */
const RECIPES: readonly RecipeFlags[] = [
  { variant: "v1" },
  { variant: "v1", model: "wrn-28-10" },
  { variant: "v1", model: "preact-resnet18", activation: "silu", weightAverage: "ema" },
  { variant: "hat+v1", model: "resnet18", attackNorm: "l2" },
  { variant: "trades", model: "preact-resnet18", awp: 0.005, awpWarmup: 0 },
];

for (const flags of RECIPES) {
  const title = Object.entries(flags).map(([name, value]) => `${name} ${value}`).join(", ");
  Deno.test(`preflight() foresees what steps with ${title} then take on the device, and little more`, async () => {
    const { adapter, calls } = countingAdapter();
    const counting = { adapter, description: "counting", software: false };
    const backend = await openWebGpu(counting, { tune: false });
    /** Bytes on the device that are not those of tfjs's own tensors. */
    const taken = () => {
      const { numBytesAllocatedInGPU } = tf.memory() as unknown as Record<string, number>;
      return calls.bytes - numBytesAllocatedInGPU!;
    };
    const recipe = smallRecipe({ ...flags, batchSize: N });
    const other = preactResnet18({ width: 3, classes: 10 });
    const helped = needsHelper(methodOf(recipe.variant));
    const demand = await preflight(
      recipe,
      DATA,
      2 * N,
      backend,
      undefined,
      helped ? other : undefined,
    );
    const before = taken();
    const architecture = trainedArchitecture(recipe, DATA);
    const helper = helped ? { architecture: other, state: initialise(other, 2) } : undefined;
    const state = initialise(architecture, 1);
    const learner = new Learner(recipe, architecture, backend, state, undefined, { helper });
    const images = tf.zeros<tf.Rank.R4>([N, 32, 32, 3]), labels = tf.zeros<tf.Rank.R2>([N, 10]);
    const noise = recipe.threat.norm === "l2" ? [images, images] : [];
    const made: tf.TensorContainer[] = [];
    // As in the first epochs, and as in those after them.
    for (const late of [false, true]) {
      const memory = late && recipe.memory ? { mem: images } : {};
      const inputs = { images: { nat: images, ...memory }, labels };
      const { adversarial, losses } = await learner.attack(inputs, images, noise);
      const attacked = { ...inputs, images: { ...inputs.images, adv: adversarial } };
      const descent = await learner.descend([attacked], late && recipe.optimiser.awp !== undefined);
      await learner.update({ lr: 0.1, momentum: 0.9 });
      if (recipe.optimiser.average !== "none") await learner.average(0.1);
      made.push(adversarial, [...losses], { ...descent });
    }
    const bytes = taken() - before;
    tf.dispose([images, labels, made]);
    learner.dispose();
    backend.close();
    assert.ok(bytes <= demand!.bytes, `${bytes} bytes, and ${demand!.bytes} were foreseen`);
    assert.ok(bytes > 0.95 * demand!.bytes, `only ${bytes} of ${demand!.bytes} bytes`);
  });
}
