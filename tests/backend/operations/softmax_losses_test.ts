import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  crossEntropy,
  klDivergence,
  labelProbability,
} from "../../../src/backend/operations/softmax_losses.ts";
import { eachBackend } from "../../testing/backends.ts";
import { largestError } from "../../testing/numbers.ts";
import { LOSSES, makeLossInputs, referenceLoss } from "../../testing/naive/softmax_losses.ts";
import { read } from "../../testing/tensors.ts";

/** Largest error as a share of the largest output. */
const TOLERANCE = 5e-6;

type Loss = (first: tf.Tensor2D, second: tf.Tensor2D) => tf.Tensor1D;

async function assertLoss(name: string, loss: Loss, rows: number, classes: number): Promise<void> {
  const inputs = makeLossInputs(rows, classes, rows);
  const ofPair = name === "klDivergence";
  const p = tf.tensor2d(inputs.p, [rows, classes]), dy = tf.tensor1d(inputs.dy);
  const other = tf.tensor2d(ofPair ? inputs.q : inputs.labels, [rows, classes]);
  const { value, grads } = ofPair
    ? tf.valueAndGrads(loss as (...tensors: tf.Tensor[]) => tf.Tensor)([p, other], dy)
    : tf.valueAndGrads((p) => loss(p as tf.Tensor2D, other))([p], dy);
  tf.dispose([p, other, dy]);
  const { values, gradients } = referenceLoss(LOSSES[name]!, inputs);
  assert.deepEqual(value.shape, [rows]);
  const error = largestError(await read(value), values);
  assert.ok(error <= TOLERANCE, `${name} of [${rows},${classes}]: error ${error}`);
  for (const [i, expected] of gradients.entries()) {
    assert.deepEqual(grads[i]!.shape, [rows, classes]);
    const error = largestError(await read(grads[i]!), expected);
    assert.ok(error <= TOLERANCE, `gradient ${i} of ${name} of [${rows},${classes}]: ${error}`);
  }
}

for (const [name, loss] of Object.entries({ crossEntropy, klDivergence, labelProbability })) {
  eachBackend(`${name}() and its gradients agree with float64`, async () => {
    await assertLoss(name, loss, 1, 7);
    await assertLoss(name, loss, 37, 10);
  });
}

eachBackend("crossEntropy() of zero labels is zero, and so is its gradient", async () => {
  const logits = tf.tensor2d([[1, 2, 3]]), labels = tf.zeros<tf.Rank.R2>([1, 3]);
  const { value, grad } = tf.valueAndGrad((logits) =>
    tf.sum(crossEntropy(logits as tf.Tensor2D, labels))
  )(logits);
  tf.dispose([logits, labels]);
  assert.ok((await read(value)).every((loss) => loss === 0));
  assert.ok((await read(grad)).every((slope) => slope === 0));
});
