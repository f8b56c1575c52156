import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { MODES } from "../../../src/bench/kernels/convolutions.ts";
import { closeEngines, openEngines } from "../../../src/bench/engines.ts";
import {
  type LayerSpeed,
  measureKernels,
  summariseSpeeds,
} from "../../../src/bench/kernels/speeds.ts";
import { convolutionLayers } from "../../../src/bench/kernels/layers.ts";
import { UsageError } from "../../../src/errors.ts";
import { skipWebGpu } from "../../testing/webgpu/adapter.ts";
import { withAdapter } from "../../testing/webgpu/fake_gpu.ts";

Deno.test("openEngines() refuses when there is no adapter", async () => {
  await withAdapter(null, () => assert.rejects(openEngines(true, { tune: false }), UsageError));
});

Deno.test({
  name: "measureKernels() times all variants in every mode, and tfjs's own beside them",
  ignore: skipWebGpu,
  async fn() {
    const engines = await openEngines(true, { tune: false });
    const tensors = tf.memory().numTensors;
    try {
      const [, , layer] = convolutionLayers(2, 1); // 1x1/2, whose shaders compile fast
      const asked: string[] = [];
      const speeds = await measureKernels([layer!], engines, 1, (what) => asked.push(what));
      assert.deepEqual(speeds.map(({ mode }) => mode), MODES);
      assert.deepEqual(asked, MODES.map((mode) => `${mode} ${layer!.name}`));
      for (const { variants, stock } of speeds) {
        assert.ok(variants.length > 1);
        for (const { gflops, milliseconds, ratio } of variants) {
          assert.ok(gflops > 0 && gflops <= variants[0]!.gflops);
          // One pair: both medians are of one sample.
          assert.ok(
            Math.abs(ratio!.median * milliseconds.median / stock!.milliseconds.median - 1) < 1e-9,
          );
        }
      }
      assert.equal(tf.memory().numTensors, tensors);
    } finally {
      closeEngines(engines);
    }
  },
});

Deno.test("summariseSpeeds() takes the fastest variants of the layers that belong together", () => {
  const speed = (main: boolean, ...ratios: number[]): LayerSpeed => ({
    ...{ mode: "forward", layer: "", main, shape: convolutionLayers(4, 1)[0]!.shape },
    variants: ratios.map((ratio) => {
      const spread = { median: ratio, least: ratio, most: ratio };
      return { variant: "", milliseconds: spread, gflops: 1, ratio: spread };
    }),
  });
  const summary = summariseSpeeds([speed(true, 4, 1), speed(true, 16, 3), speed(false, 5, 0.1)]);
  const of = (name: string) => summary.find((each) => each.of === name)!;
  assert.ok(Math.abs(of("3x3, forward").geometricMean - 8) < 1e-12);
  assert.equal(of("3x3, forward").least, 4);
  assert.ok(Math.abs(of("stem, stride 2 and 1x1, all modes").geometricMean - 5) < 1e-12);
  assert.equal(of("3x3, inputGradient"), undefined);
});
