import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { V1Step } from "../../src/bench/v1_step.ts";
import type {
  ConvolutionMode,
  ConvolutionShape,
  ConvolutionVariant,
} from "../../src/backend/webgpu/convolution/shape.ts";
import { supportedVariants, traitsOf } from "../../src/backend/webgpu/convolution/support.ts";
import { openWebGpu } from "../../src/backend/webgpu/open.ts";
import { countingAdapter } from "../testing/fake_device.ts";

type Pick = (variants: ConvolutionVariant[], shape: ConvolutionShape) => ConvolutionVariant;

/** Dispatches of the second V1 step, where `pick` says which variants compute. Their number depends on no size. */
async function dispatchesOfStep(pick: Pick): Promise<number> {
  const { adapter, calls } = countingAdapter();
  const traits = traitsOf(adapter);
  const choose = (mode: ConvolutionMode, shape: ConvolutionShape) =>
    pick(supportedVariants(mode, shape, "f32", traits), shape);
  const backend = await openWebGpu(adapter, { choose });
  const step = new V1Step(backend, 64, 128);
  const inputs = step.inputs();
  await step.submit(inputs);
  calls.dispatches = 0;
  await step.submit(inputs);
  tf.dispose(inputs);
  step.dispose();
  backend.close();
  return calls.dispatches;
}

Deno.test("a V1 step takes at most 900 dispatches when the direct kernels are pinned", async () => {
  const dispatches = await dispatchesOfStep((variants) =>
    variants.find(({ name }) => name.startsWith("register"))!
  );
  console.log(dispatches);
  assert.ok(dispatches > 0 && dispatches <= 900, `${dispatches}`);
});

Deno.test("a V1 step takes at most 2,000 dispatches whatever variants are chosen", async () => {
  const count = (variant: ConvolutionVariant, shape: ConvolutionShape) =>
    variant.lower(shape, "f32", { bias: false, add: false, mask: false, relu: false })
      .dispatches.length;
  const dispatches = await dispatchesOfStep((variants, shape) =>
    variants.reduce((most, each) => count(each, shape) > count(most, shape) ? each : most)
  );
  console.log(dispatches);
  assert.ok(dispatches > 900 && dispatches <= 2000, `${dispatches}`);
});
