import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { convNorms, forward, type Layers, resnet18 } from "../../src/model/architecture.ts";
import { onWasm } from "../testing/device.ts";

Deno.test("resnet18() has a stem and eight blocks, and a shortcut where the shape changes", () => {
  const { stem, blocks, features, classes } = resnet18({ width: 8, classes: 10 });
  assert.deepEqual([stem.kernel, stem.stride, stem.inChannels, stem.outChannels], [3, 1, 3, 8]);
  assert.deepEqual(blocks.map(({ first }) => first.stride), [1, 1, 2, 1, 2, 1, 2, 1]);
  assert.deepEqual(blocks.map(({ second }) => second.outChannels), [8, 8, 16, 16, 32, 32, 64, 64]);
  assert.deepEqual(
    blocks.map(({ shortcut }) => shortcut && [shortcut.kernel, shortcut.stride, shortcut.conv]),
    [
      undefined,
      undefined,
      [1, 2, "layer2.0.shortcut.0"],
      undefined,
      [1, 2, "layer3.0.shortcut.0"],
      undefined,
      [1, 2, "layer4.0.shortcut.0"],
      undefined,
    ],
  );
  assert.deepEqual([features, classes], [64, 10]);
});

Deno.test("resnet18() passes each layer's channels on to the next", () => {
  const { stem, blocks } = resnet18({ width: 5, classes: 100 });
  let channels = stem.outChannels;
  for (const { first, second, shortcut } of blocks) {
    assert.equal(first.inChannels, channels);
    assert.equal(second.inChannels, first.outChannels);
    assert.equal(shortcut?.inChannels ?? second.outChannels, channels);
    assert.equal(shortcut?.outChannels ?? second.outChannels, second.outChannels);
    channels = second.outChannels;
  }
});

Deno.test("convNorms() lists the twenty convolutions once each", () => {
  const layers = convNorms(resnet18({ width: 64, classes: 10 }));
  assert.equal(layers.length, 20);
  assert.equal(new Set(layers.flatMap(({ conv, norm }) => [conv, norm])).size, 40);
});

onWasm("forward() adds every block's input to its output, each activated after the sum", () => {
  // Without channels to mix, a network of identities doubles its signal in every block, and an activation that takes
  // 1 off shows where it is applied: x ← (x − 1) + x − 1 per block.
  const architecture = resnet18({ width: 1, classes: 1 });
  const seen: string[] = [];
  const layers: Layers = {
    convNorm({ conv, stride }, x, { add, activate }) {
      seen.push(conv);
      const y = stride === 1 ? x : tf.avgPool<tf.Tensor4D>(x, 1, stride, "valid");
      const sum = add ? tf.add<tf.Tensor4D>(y, add) : y;
      return activate ? tf.sub(sum, 1) : sum;
    },
    classify(x) {
      assert.deepEqual(x.shape, [2, 4, 4, 1]);
      return tf.mean(x, [1, 2]) as tf.Tensor2D;
    },
  };
  const logits = tf.tidy(() => forward(architecture, layers, tf.fill([2, 32, 32, 1], 4)));
  let expected = 4 - 1;
  for (let block = 0; block < 8; block++) expected = (expected - 1) + expected - 1;
  assert.deepEqual([...logits.dataSync()], [expected, expected]);
  assert.equal(seen.length, 20);
  logits.dispose();
});
