import assert from "node:assert/strict";
import { join } from "@std/path";
import { SYNTHETIC } from "../../src/data/sets/synthetic.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import {
  bytesOf,
  countImages,
  describeRunEstimate,
  estimateRun,
  secondsOf,
} from "../../src/reproduce/estimate_run.ts";
import { inTemporary } from "../memory/support.ts";

const IMAGES = { train: 1000, validation: 0, test: 100 };

Deno.test("secondsOf() counts epochs, selection and evaluations in passes of the measured speed", () => {
  const recipe = resolveRecipe({ variant: "v1", epochs: 3, select: "none", attack: { steps: 6 } });
  assert.equal(secondsOf(recipe, 50, IMAGES, {}), 3 * 1000 / 50);
  // A step is worth 6 + 4 passes: one takes 1/500 s.
  const pgd = secondsOf(recipe, 50, { ...IMAGES, train: 0 }, { pgd10: "all", clean: 7 });
  assert.ok(Math.abs(pgd - (100 * 10.4 + 7 * 0.4) / 500) < 1e-9, `${pgd}`);
  // Its own helper: a step is worth 4 passes there.
  const helped = resolveRecipe({ variant: "hat", helper: "auto", epochs: 3, select: "none" });
  const both = secondsOf(helped, 50, IMAGES, {});
  assert.ok(Math.abs(both - 3 * (1000 / 50) * (1 + 4 / 14)) < 1e-9, `${both}`);
  // With AWP a step of its own is worth 18 passes, and the helper's still 4.
  const perturbed = resolveRecipe({ ...helped, optimiser: { awp: 0.01 } });
  const all = secondsOf(perturbed, 50, IMAGES, {});
  assert.ok(Math.abs(all - 3 * (1000 / 50) * (1 + 4 / 18)) < 1e-9, `${all}`);
  const selected = resolveRecipe({ ...recipe, select: "test", limitTest: 40 });
  const test = secondsOf(selected, 50, { ...IMAGES, train: 0 }, {});
  assert.ok(Math.abs(test - 3 * 40 * (0.4 + 20.4) / 500) < 1e-9, `${test}`);
  const limited = secondsOf({ ...selected, epochs: 0 }, 50, IMAGES, { clean: "all", pgd2: 60 });
  assert.ok(Math.abs(limited - (40 * 0.4 + 60 * 2.4) / 500) < 1e-9, `${limited}`);
});

Deno.test("countImages() counts the images held out, of which a limit of the training images takes none away", () => {
  const held = (all: number, limitTrain: number) => {
    const recipe = resolveRecipe({ variant: "v1", epochs: 3, limitTrain, attack: { steps: 6 } });
    const images = countImages(recipe, { train: all, test: 100 });
    const seconds = secondsOf(recipe, 50, images, {});
    const expected = 3 * (images.train / 50 + images.validation * (0.4 + 20.4) / 500);
    assert.ok(Math.abs(seconds - expected) < 1e-9, `${seconds}`);
    return images;
  };
  assert.deepEqual(held(50_000, 64), { train: 64, validation: 1024, test: 100 });
  assert.deepEqual(held(100, 90), { train: 80, validation: 20, test: 100 });
});

Deno.test("secondsOf() counts the adversary of the weights as the step once more, in the epochs that have it", () => {
  const few = { variant: "v1", epochs: 10, select: "none", attack: { steps: 6 } } as const;
  const seconds = (optimiser: { awp?: number; awpWarmup?: number }) =>
    secondsOf(resolveRecipe({ ...few, optimiser }), 50, IMAGES, {});
  assert.equal(seconds({ awp: 0.01 }), 10 * 1000 / 50);
  // The speed is that of 14 passes; four epochs take 10.
  const warmed = seconds({ awp: 0.01, awpWarmup: 4 });
  assert.ok(Math.abs(warmed - (6 + 4 * 10 / 14) * 1000 / 50) < 1e-9, `${warmed}`);
});

Deno.test("secondsOf() counts the longer attacks of epochs that do not start from the memory", () => {
  const seconds = (reset?: number) =>
    secondsOf(
      resolveRecipe({
        ...{ variant: "v1", epochs: 6, select: "none" },
        attack: { start: "memory", steps: 2, firstSteps: 11 },
        memory: { ...reset !== undefined && { reset } },
      }),
      ...[50, IMAGES, {}] as const,
    );
  // The speed is that of 4 + 2 passes; epoch 1, and with the reset epochs 1, 3 and 5, take 4 + 11.
  assert.ok(Math.abs(seconds() - (5 + 15 / 6) * 1000 / 50) < 1e-9, `${seconds()}`);
  assert.ok(Math.abs(seconds(2) - (3 + 3 * 15 / 6) * 1000 / 50) < 1e-9, `${seconds(2)}`);
});

Deno.test("bytesOf() counts the memory, and a best checkpoint where there is one", () => {
  const found = { checkpointBytes: 1000, memoryBytes: 10, indexBytes: 7 };
  const kept = (select: "none" | "val") => bytesOf(resolveRecipe({ select }), found, 5).kept;
  assert.deepEqual([kept("none"), kept("val")], [1057, 2057]);
  assert.equal(bytesOf(resolveRecipe({}), found, 5).peak, 1057);
  const helped = resolveRecipe({ variant: "hat", helper: "auto", select: "none" });
  assert.equal(bytesOf(helped, found, 5).kept, 2057, "the helper's too");
});

Deno.test("estimateRun() refuses what startRun() would: an epoch without a learning rate", async () => {
  const optimiser = { schedule: "piecewise", lrKnots: "0:1,1:0" } as const;
  const sizes = { train: 8, test: 4 };
  await assert.rejects(
    estimateRun(
      { variant: "standard", data: "synthetic", epochs: 2, optimiser },
      { kind: SYNTHETIC, sizes, measured: {} },
      ".",
    ),
    { name: "UsageError", message: /^--lr-knots 0:1,1:0 is 0 from epoch 2 on/ },
  );
});

Deno.test("estimateRun() measures a few steps and leaves nothing where the run would be", () =>
  inTemporary(async (folder) => {
    const place = join(folder, "runs", "a");
    const estimate = await estimateRun(
      {
        ...{ variant: "v1", data: "synthetic", width: 1, batchSize: 4, epochs: 10 },
        ...{ attack: { steps: 1 }, backend: "wasm", workers: 1, select: "none" },
      },
      { kind: SYNTHETIC, sizes: { train: 5000, test: 100 }, measured: {} },
      place,
    );
    const { imagesPerSecond, seconds, bytes, peakBytes, freeBytes } = estimate;
    assert.ok(imagesPerSecond > 0 && freeBytes > 0);
    assert.ok(Math.abs(seconds * imagesPerSecond / (10 * 5000) - 1) < 1e-9, `${seconds}`);
    assert.ok(bytes > 5000 * 3072, "a byte for every value of the memory");
    assert.equal(peakBytes, 2 * bytes);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);

    const [said, ...warnings] = describeRunEstimate({ ...estimate, freeBytes: bytes }, place);
    assert.match(said!, /^about .* on wasm \(.*\) at [\d.]+ images\/s, [\d.]+ GiB of disk in /);
    assert.deepEqual(warnings, ["warning: that is more than the disk has left."]);
  }));
