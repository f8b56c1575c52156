import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  ARCHITECTURE_NAMES,
  buildArchitecture,
} from "../../../src/model/architectures/architectures.ts";
import type { RecipeFlags } from "../../../src/recipe/fields.ts";
import { leastAtOnce, refuseSingleImages } from "../../../src/train/learner/images_at_once.ts";
import { startRun } from "../../../src/train/start.ts";
import { madeImages } from "../../format/arrays/made_npz.ts";
import { inTemporary } from "../../memory/support.ts";
import { smallRecipe } from "../../testing/runs.ts";

const square = (size: number) => ({ height: size, width: size, channels: 3 });
const RESNET = buildArchitecture("resnet18", { width: 1, classes: 10 });

Deno.test("leastAtOnce() is two images where the last stage has one pixel of each", () => {
  for (const name of ARCHITECTURE_NAMES) {
    const architecture = buildArchitecture(name, { width: 1, classes: 10 });
    const strides = /resnet18/.test(name) ? 3 : 2, one = 2 ** strides;
    const sizes = [1, one, one + 1, 32];
    assert.deepEqual(sizes.map((size) => leastAtOnce(architecture, square(size))), [2, 2, 1, 1]);
    assert.equal(leastAtOnce(architecture, { ...square(one), width: one + 1 }), 1);
  }
});

Deno.test("refuseSingleImages() knows batches, last batches, parts and the batches of a re-estimation", () => {
  const refused = (flags: RecipeFlags, images: number, size = 8) => {
    try {
      refuseSingleImages(smallRecipe({ variant: "v1", ...flags }), RESNET, square(size), images);
      return false;
    } catch {
      return true;
    }
  };
  const reestimated = { weightAverage: "ema", averageBatchNorm: "reestimated" } as const;
  for (
    const [single, flags, images] of [
      [true, { batchSize: 1 }, 40],
      [true, { batchSize: 8 }, 41],
      [true, { batchSize: 8 }, 1],
      [false, { batchSize: 8 }, 40],
      [false, { batchSize: 8 }, 7],
      [true, { batchSize: 8, microBatch: 1 }, 40],
      [true, { batchSize: 9, microBatch: 4 }, 18],
      [true, { batchSize: 8, microBatch: 4 }, 13],
      [false, { batchSize: 8, microBatch: 4 }, 14],
      [false, { batchSize: 6, microBatch: 4 }, 9],
      [true, { batchSize: 6, microBatch: 4, ...reestimated }, 9],
    ] as const
  ) {
    const said = `${JSON.stringify(flags)} ${images}`;
    assert.equal(refused(flags, images), single, said);
    assert.equal(refused(flags, images, 9), false, said);
  }
});

Deno.test("startRun() refuses a batch that leaves a single image where that is too few, before there is a folder", () =>
  inTemporary(async (folder) => {
    const dataDir = join(folder, "images.npz"), run = join(folder, "run");
    await Deno.writeFile(dataDir, madeImages(20, 8, 2)); // a fifth of them to test on
    const start = (batchSize: number, microBatch?: number) =>
      startRun({
        ...{ variant: "standard", data: "npz", dataDir, width: 1, epochs: 1, batchSize },
        ...{ select: "none", backend: "wasm", workers: 1, ...microBatch && { microBatch } },
      }, run);
    await assert.rejects(start(5), {
      name: "UsageError",
      message:
        "--batch-size 5 would give batch norm one of 16 images alone, and ResNet-18 leaves one pixel of " +
        "an image of 8×8×3, of which there is no variance: use another --batch-size, or larger images.",
    });
    await assert.rejects(start(4, 3), {
      message: /^--batch-size 4 and --micro-batch 3 .* another --batch-size or --micro-batch, or/,
    });
    await assert.rejects(Deno.stat(run), Deno.errors.NotFound);
    await start(6);
  }));
