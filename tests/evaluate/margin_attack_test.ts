import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Dataset } from "../../src/data/dataset.ts";
import { loadBatch } from "../../src/data/batches.ts";
import { evaluateAccuracy, pgdImages } from "../../src/evaluate/evaluate.ts";
import type { FrozenModel } from "../../src/model/frozen.ts";
import { eachBackend } from "../testing/backends.ts";
import { onOneThread } from "../testing/device.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

onOneThread();

/** The one value of an image that the model looks at. */
const PIXEL = 77;

/**
 * Of a pixel of `a`/255, logits in proportion to `[0, a − 132, −3(a − 105)]`, so small that every class has about a third of
 * the probability. Over 112 the second class is the label's rival, and the margin rises with the pixel; cross-entropy rises
 * as the pixel falls, because the logit of the third class is three times as steep.
 */
function rivals(): FrozenModel {
  const values = new Float32Array(3 * VALUES), unit = 0.005;
  values.set([0, 255 * unit, -3 * 255 * unit], 3 * PIXEL);
  const weight = tf.tensor2d(values, [VALUES, 3]);
  const bias = tf.tensor1d([0, -132 * unit, 3 * 105 * unit]);
  return {
    logits: (x) =>
      tf.tidy(() => tf.add(tf.matMul(tf.reshape(x, [-1, VALUES]) as tf.Tensor2D, weight), bias)),
    dispose: () => tf.dispose([weight, bias]),
  };
}

eachBackend(
  "evaluateAccuracy() has cwN climb the margin, where pgdN climbs cross-entropy",
  async (backend) => {
    // Moved up by 8, the second class has the first image but not the second; moved down, the third has neither.
    const pixels = [128, 123], images = new Uint8Array(2 * VALUES);
    pixels.forEach((value, row) => images[row * VALUES + PIXEL] = value);
    const classes = ["label", "rival", "steep"], labels = Uint8Array.of(0, 0);
    const dataset: Dataset = { name: "made", classes, shape: SHAPE, n: 2, images, labels };
    const ids = Uint32Array.of(0, 1), model = rivals();
    const attack = { norm: "linf", epsilon: 8 / 255 } as const;
    const all = { backend, dataset, ids, batchSize: 2, seed: 1, attack };
    for (const [name, step, verdicts] of [["cw20", 8, "01"], ["pgd20", -8, "11"]] as const) {
      const found = await evaluateAccuracy(name, model, all);
      assert.equal(found.verdicts, verdicts, name);
      assert.deepEqual(found.confusion[0], name === "cw20" ? [1, 1, 0] : [2, 0, 0], name);
      const attacked = await pgdImages(name, model, loadBatch(dataset, ids), 0, all);
      pixels.forEach((value, row) => {
        const moved = 255 * attacked[row * VALUES + PIXEL]! - value;
        assert.ok(Math.abs(moved - step) < 1e-3, `${name}: image ${row} moved by ${moved}`);
      });
    }
    model.dispose();
  },
);
