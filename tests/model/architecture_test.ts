import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { forward, type Layers } from "../../src/model/architecture.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { onWasm } from "../testing/device.ts";
import { preactivation } from "./preactivation.ts";

/**
 * Without channels to mix, convolutions are identities and a sum doubles its signal; a nonlinearity that takes 1 off
 * shows where it is applied.
 */
function identities(seen: string[]): Layers {
  return {
    standardise(_, x) {
      seen.push("normalisation");
      return x;
    },
    convolve({ convolution: { name, stride }, activate }, x, add) {
      seen.push(name);
      const y = stride === 1 ? x : tf.avgPool<tf.Tensor4D>(x, 1, stride, "valid");
      const sum = add ? tf.add<tf.Tensor4D>(y, add) : y;
      return activate ? tf.sub(sum, 1) : sum;
    },
    normalise({ name }, x) {
      seen.push(name);
      return tf.sub(x, 1);
    },
    classify: (x) => tf.mean(x, [1, 2]) as tf.Tensor2D,
  };
}

onWasm("forward() adds every block's input to its output, each activated after the sum", () => {
  const architecture = resnet18({ width: 1, classes: 1 }), seen: string[] = [];
  const x = tf.fill<tf.Rank.R4>([2, 32, 32, 1], 4);
  const logits = tf.tidy(() => forward(architecture, identities(seen), x));
  let expected = 4 - 1;
  for (let block = 0; block < 8; block++) expected = (expected - 1) + expected - 1;
  assert.deepEqual([...logits.dataSync()], [expected, expected]);
  assert.equal(new Set(seen).size, 20);
  tf.dispose([x, logits]);
});

onWasm("forward() normalises before convolutions and the pool where the architecture does", () => {
  const architecture = preactivation({ width: 1, classes: 1 }), seen: string[] = [];
  const x = tf.fill<tf.Rank.R4>([2, 8, 8, 1], 4);
  const logits = tf.tidy(() => forward(architecture, identities(seen), x));
  const first = (4 - 1 - 1) + 4; // the block's input is added as it is
  const second = (first - 1 - 1) + (first - 1); // pre-activated where a convolution is the shortcut
  assert.deepEqual([...logits.dataSync()], [second - 1, second - 1]);
  assert.equal(seen.at(-1), "bn");
  tf.dispose([x, logits]);
});
