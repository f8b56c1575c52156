import type { ConvolutionShape } from "../../src/backend/operations/convolution_shape.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { MODES } from "../../src/bench/kernels/convolutions.ts";
import { GPU_TRAITS } from "../../src/bench/kernels/gpus.ts";
import { V1Step } from "../../src/bench/v1_step.ts";
import {
  CATALOGUE,
  type Catalogue,
  variantsFor,
} from "../../src/backend/webgpu/convolution/catalogue.ts";
import {
  type ConvolutionMode,
  type ConvolutionVariant,
  PLAIN,
} from "../../src/backend/webgpu/convolution/shape.ts";
import { openWebGpu } from "../../src/backend/webgpu/open.ts";
import { countingAdapter, type DeviceCalls } from "../testing/webgpu/fake_device.ts";

/** What the paper trains. */
const WIDTH = 64;

/**
 * What the third V1 step on batches of `batch` asks of a device, by the first variant that `catalogue` has for each
 * convolution.
 */
async function callsOfStep(
  catalogue: Catalogue,
  batch: number,
  width = WIDTH,
): Promise<Omit<DeviceCalls, "bytes">> {
  const { adapter, calls } = countingAdapter();
  const description = { adapter, description: "counting", software: false };
  const backend = await openWebGpu(description, { catalogue, tune: false });
  const step = new V1Step(backend, width, batch);
  const inputs = step.inputs();
  // The first makes the programs, the second binds anew what a later one has moved.
  for (let i = 0; i < 2; i++) await step.submit(inputs);
  const before = { ...calls };
  await step.submit(inputs);
  tf.dispose(inputs);
  step.dispose();
  backend.close();
  return {
    dispatches: calls.dispatches - before.dispatches,
    pipelines: calls.pipelines - before.pipelines,
    bindGroups: calls.bindGroups - before.bindGroups,
  };
}

const byMode = (variants: (mode: ConvolutionMode) => ConvolutionVariant[]) =>
  Object.fromEntries(MODES.map((mode) => [mode, variants(mode)])) as unknown as Catalogue;

/** The variant of most dispatches for each shape: none that a tuner can choose has more. */
function longest(mode: ConvolutionMode): ConvolutionVariant {
  const host = { traits: GPU_TRAITS, software: false };
  const count = (variant: ConvolutionVariant, shape: ConvolutionShape) =>
    variant.lower(shape, "f32", PLAIN).dispatches.length;
  const pick = (shape: ConvolutionShape) =>
    variantsFor(CATALOGUE, { mode, shape, precision: "f32" }, host)
      .reduce((most, each) => count(each, shape) > count(most, shape) ? each : most);
  return {
    ...{ mode, name: "longest", supports: () => true },
    ...mode !== "filterGradient" && { pack: (shape, ...rest) => pick(shape).pack!(shape, ...rest) },
    lower: (shape, ...rest) => pick(shape).lower(shape, ...rest),
  };
}

Deno.test("a V1 step takes at most 900 dispatches when the direct kernels are pinned", async () => {
  const direct = byMode((mode) =>
    CATALOGUE[mode].filter(({ name }) => name.startsWith("register"))
  );
  const { dispatches } = await callsOfStep(direct, 128);
  assert.ok(dispatches > 0 && dispatches <= 900, `${dispatches}`);
});

// Larger batches are more to the variants that cut them into slices.
Deno.test("a V1 step of 128 images takes at most 2,000 dispatches whatever the tuner chooses", async () => {
  const { dispatches } = await callsOfStep(byMode((mode) => [longest(mode)]), 128);
  assert.ok(dispatches > 900 && dispatches <= 2000, `${dispatches}`);
});

Deno.test("a V1 step that is replayed compiles nothing and binds nothing", async () => {
  const { dispatches, pipelines, bindGroups } = await callsOfStep(CATALOGUE, 4, 8);
  assert.ok(dispatches > 0);
  assert.deepEqual([pipelines, bindGroups], [0, 0]);
});
