import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { createMember } from "../../src/attack/autoattack/members.ts";
import { Oracle } from "../../src/attack/autoattack/oracle.ts";
import { VERSION_TRAITS } from "../../src/attack/autoattack/versions.ts";
import { asClassified } from "../../src/bench/classified.ts";
import { searchAll } from "../../src/bench/evaluation.ts";
import { onWasm } from "../testing/device.ts";

const shape = { height: 4, width: 4, channels: 3 }, VALUES = 48, CLASSES = 5, N = 3;

onWasm("searchAll() counts every image that a member of AutoAttack asks about", async (backend) => {
  const filter = tf.tensor2d(
    Float32Array.from({ length: VALUES * CLASSES }, (_, i) => Math.sin(i * i)),
    [
      VALUES,
      CLASSES,
    ],
  );
  let seen = 0;
  const network = (x: tf.Tensor4D): tf.Tensor2D => {
    seen += x.shape[0];
    return tf.matMul(tf.reshape(x, [-1, VALUES]) as tf.Tensor2D, filter);
  };
  const oracle = new Oracle(network, { classes: CLASSES, shape }, backend);
  const x = Float32Array.from({ length: N * VALUES }, (_, i) => (Math.sin(i) + 1) / 2);
  const examples = await asClassified(oracle, { ids: Uint32Array.of(4, 7, 9), x, shape }, 2);
  assert.equal(seen, N, "in batches of 2 and 1");
  assert.deepEqual(examples.map(({ id }) => id), [4, 7, 9]);
  for (const { label, logits } of examples) assert.equal(logits[label], Math.max(...logits));
  const effort = { iterations: 3, queries: 6, restarts: 1, targets: 1, gradientSamples: 1 };
  for (const member of VERSION_TRAITS.standard.members) {
    seen = 0;
    const attack = createMember(member, { norm: "linf", epsilon: 1e-7, seed: 1, ...effort });
    const asked = await searchAll(attack, examples, oracle, 2);
    assert.equal(asked, seen, member);
    assert.ok(asked >= N * 3, `${member} broke what it could not: ${asked}`);
  }
  filter.dispose();
});
