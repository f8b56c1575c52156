import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import {
  crossEntropy,
  klDivergence,
  labelProbability,
  misclassified,
  selectRows,
} from "../../src/method/divergence.ts";
import { oneHot } from "../../src/model/inputs.ts";
import { eachBackend } from "../testing/backends.ts";
import { onWasm } from "../testing/device.ts";
import { assertClose } from "../testing/numbers.ts";
import { read } from "../testing/tensors.ts";

const CLASSES = 10;
const row = fc.array(fc.float({ min: -20, max: 20, noNaN: true }), {
  minLength: CLASSES,
  maxLength: CLASSES,
});
const batch = fc.array(fc.tuple(row, row, fc.nat(CLASSES - 1)), { minLength: 1, maxLength: 5 });

/** `log p_c` in float64. */
function logSoftmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const sum = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  return logits.map((logit) => logit - largest - Math.log(sum));
}

function divergence(p: readonly number[], q: readonly number[]): number {
  const logQ = logSoftmax(q);
  return logSoftmax(p).reduce((sum, logP, c) => sum + Math.exp(logP) * (logP - logQ[c]!), 0);
}

onWasm("crossEntropy(), klDivergence() and labelProbability() agree with float64", async () => {
  await fc.assert(
    fc.asyncProperty(batch, async (rows) => {
      const labels = oneHot(Uint8Array.from(rows, ([, , label]) => label), CLASSES);
      const p = tf.tensor2d(rows.map(([p]) => p)), q = tf.tensor2d(rows.map(([, q]) => q));
      const [ce, kl, probability] = tf.tidy(() => [
        crossEntropy(p, labels),
        klDivergence(p, q),
        labelProbability(p, labels),
      ]) as [tf.Tensor, tf.Tensor, tf.Tensor];
      tf.dispose([labels, p, q]);
      const logP = rows.map(([p, , label]) => logSoftmax(p)[label]!);
      // Logits of up to 20 are exact to 1e-6, and so are their differences.
      const close = (actual: Float32Array, expected: number[]) =>
        actual.forEach((value, i) =>
          assert.ok(
            Math.abs(value - expected[i]!) <= 1e-5 + 1e-6 * Math.abs(expected[i]!),
            `${value} is not ${expected[i]}`,
          )
        );
      close(await read(ce), logP.map((value) => -value));
      close(await read(kl), rows.map(([p, q]) => divergence(p, q)));
      assertClose(await read(probability), logP.map(Math.exp), 1e-4, "probability");
    }),
    { seed: 1, numRuns: 60 },
  );
});

eachBackend("klDivergence() and its gradients stay finite for certain predictions", async () => {
  const p = tf.tensor2d([[1e4, ...new Array<number>(9).fill(0)]]);
  const q = tf.tensor2d([[0, 1e4, ...new Array<number>(8).fill(0)]]);
  const { value, grads } = tf.valueAndGrads((p, q) =>
    tf.sum(klDivergence(p as tf.Tensor2D, q as tf.Tensor2D))
  )([p, q]);
  tf.dispose([p, q]);
  assert.deepEqual([...await read(value)], [1e4]);
  assert.ok((await read(grads[0]!)).every((slope) => slope === 0));
  assert.deepEqual([...await read(grads[1]!)], [-1, 1, ...new Array(8).fill(0)]);
});

eachBackend("misclassified() is one where the largest logit is not the label's", async () => {
  const logits = tf.tensor2d([[3, 1, 2], [1, 3, 2], [-1, -3, -2]]);
  const labels = tf.tensor2d([[1, 0, 0], [1, 0, 0], [0, 0, 1]]);
  const { value, grads } = tf.valueAndGrads((logits) =>
    tf.sum(tf.mul(misclassified(logits as tf.Tensor2D, labels), tf.tensor1d([1, 2, 4])))
  )([logits]);
  tf.dispose([logits, labels]);
  assert.deepEqual([...await read(value)], [6]);
  assert.ok((await read(grads[0]!)).every((slope) => slope === 0));
});

onWasm("selectRows() picks rows, and all of them without a selection", async () => {
  const values = tf.tensor2d([[1, 2], [3, 4], [5, 6]]);
  const selection = tf.tensor2d([[0, 0, 1], [1, 0, 0]]);
  assert.equal(selectRows(values, undefined), values);
  assert.deepEqual([...await read(selectRows(values, selection))], [5, 6, 1, 2]);
  const spread = tf.grad((values) => tf.sum(selectRows(values as tf.Tensor2D, selection)))(values);
  assert.deepEqual([...await read(spread)], [1, 1, 0, 0, 1, 1]);
  tf.dispose([values, selection]);
});
