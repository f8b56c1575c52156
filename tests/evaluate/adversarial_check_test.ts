import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { loadBatch } from "../../src/data/batches.ts";
import { type Dataset, valuesPerImage } from "../../src/data/dataset.ts";
import { checkAdversarial } from "../../src/evaluate/adversarial_check.ts";
import { autoAttack } from "../../src/evaluate/autoattack/autoattack.ts";
import type { FrozenModel } from "../../src/model/frozen.ts";
import { onOneThread, onWasm } from "../testing/device.ts";

onOneThread();

const N = 6, shape = { height: 4, width: 4, channels: 1 }, values = valuesPerImage(shape);
/** Grey images, the first three of them brighter. */
const DATASET: Dataset = {
  ...{ name: "grey", classes: ["dark", "bright"], shape, n: N, labels: new Uint8Array(N) },
  images: Uint8Array.from({ length: N * values }, (_, i) => i < 3 * values ? 100 : 50),
};

onWasm(
  "checkAdversarial() takes images of an AutoAttack that broke them by an overflow, as it counted them",
  async (backend) => {
    /** Nothing is ever bright, but the logits of what is brighter than the images overflow. */
    const logits = (x: tf.Tensor4D) =>
      tf.tidy(() => {
        const mean = tf.reshape(tf.mean(x, [1, 2, 3]), [-1, 1]);
        const beyond = tf.mul(tf.relu(tf.sub(mean, 102 / 255)), 3e38);
        return tf.concat([tf.add(tf.mul(tf.mul(beyond, 1e4), 1e4), 9), mean], 1) as tf.Tensor2D;
      });
    const ids = Uint32Array.from({ length: N }, (_, id) => id), { x, y } = loadBatch(DATASET, ids);
    const epsilon = 8 / 255;
    const { result, adversarial } = await autoAttack(logits, { x, y, ids, shape, classes: 2 }, {
      ...{ backend, epsilon, version: "custom", members: ["square"], effort: { queries: 50 } },
    });
    assert.equal(result.correct, 3, "those that are dark enough");
    assert.deepEqual(result.warnings.slice(-1), [
      "3 of 6 images were broken by logits that are no finite numbers, and not by those of another class: look for overflow in the model.",
    ]);
    const saved = { norm: "linf", epsilon, ids, images: adversarial } as const;
    const model = { logits, dispose() {} } as unknown as FrozenModel;
    const checked = await checkAdversarial(saved, model, {
      dataset: DATASET,
      backend,
      batchSize: 4,
    });
    assert.deepEqual([checked.correct, checked.outside], [result.correct, 0]);
  },
);
