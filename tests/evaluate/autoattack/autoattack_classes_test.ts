import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { firstIndices, loadBatch } from "../../../src/data/batches.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { autoAttack } from "../../../src/evaluate/autoattack/autoattack.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";

onOneThread();

/** A hundred classes of small images, told apart by a linear model. */
const N = 10, CLASSES = 100, TARGETS = 9, EPSILON = 0.004;
const SHAPE = { height: 8, width: 10, channels: 3 }, VALUES = 240;
const stream = new Stream(7, Purpose.synthetic);
const WEIGHTS = Float32Array.from({ length: VALUES * CLASSES }, () => stream.normal());
const IMAGES = Uint8Array.from({ length: N * VALUES }, () => 96 + stream.integer(64));
const SCORES = Array.from({ length: N }, (_, row) =>
  Array.from({ length: CLASSES }, (_, c) => {
    let score = 0;
    for (let i = 0; i < VALUES; i++) {
      score += IMAGES[row * VALUES + i]! / 255 * WEIGHTS[i * CLASSES + c]!;
    }
    return score;
  }));
const DATASET: Dataset = {
  name: "grey",
  classes: Array.from({ length: CLASSES }, (_, c) => `class ${c}`),
  shape: SHAPE,
  n: N,
  images: IMAGES,
  labels: Uint8Array.from(SCORES, (scores) => scores.indexOf(Math.max(...scores))),
};

/** How many images no attack can bring into one of the nine likeliest other classes; the model is linear. */
function robustToTargets(): number {
  return SCORES.filter((scores, row) => {
    const label = DATASET.labels[row]!;
    const likeliest = scores.map((_, c) => c).filter((c) => c !== label)
      .sort((a, b) => scores[b]! - scores[a]!).slice(0, TARGETS);
    return likeliest.every((c) => {
      let margin = scores[label]! - scores[c]!;
      for (let i = 0; i < VALUES; i++) {
        margin -= EPSILON * Math.abs(WEIGHTS[i * CLASSES + label]! - WEIGHTS[i * CLASSES + c]!);
      }
      return margin > 0;
    });
  }).length;
}

for (const member of ["apgd-t", "fab-t"] as const) {
  onWasm(
    `autoAttack() leaves what ${member} cannot bring to a target among a hundred classes`,
    async (backend) => {
      const robust = robustToTargets();
      assert.ok(robust > 1 && robust < N - 1, `${robust} of ${N} are robust`);
      const weights = tf.tensor2d(WEIGHTS, [VALUES, CLASSES]);
      const network = (x: tf.Tensor4D) =>
        tf.matMul<tf.Tensor2D>(tf.reshape(x, [-1, VALUES]), weights);
      const { x, y } = loadBatch(DATASET, firstIndices(N, undefined));
      const images = { x, y, shape: SHAPE, classes: CLASSES };
      const options = { backend, batchSize: 8, seed: 3, epsilon: EPSILON };
      const { result } = await autoAttack(network, images, {
        ...options,
        version: "custom",
        members: [member],
      });
      weights.dispose();
      assert.equal(result.clean.correct, N);
      assert.equal(result.correct, robust);
      assert.ok(result.perturbation.largest <= EPSILON + 1e-6);
    },
  );
}
