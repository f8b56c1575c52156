/**
 * Losses that evaluation attacks maximise, per example: logits `[N,C]`, one-hot labels and targets `[N,C]` in, `[N]` out.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../method/divergence.ts";

/** A loss per example; `targets` has zero rows where an attack aims at no class. */
export type ExampleLoss = (
  logits: tf.Tensor2D,
  labels: tf.Tensor2D,
  targets: tf.Tensor2D,
) => tf.Tensor1D;

/** Classes that the targeted difference of logits ratio looks at; the other takes one less. */
const RANKS = 4;
const LEAST_DENOMINATOR = 1e-12;

/** Cross-entropy with the label. */
export const crossEntropyLoss: ExampleLoss = (logits, labels) => crossEntropy(logits, labels);

/** `z_target − z_label`: what FAB's boundary is the zero of. */
export const targetDifference: ExampleLoss = (logits, labels, targets) =>
  tf.sum(tf.mul(logits, tf.sub(targets, labels)), 1);

/** Carlini & Wagner's `max_{c≠y} z_c − z_y`. */
export function marginLoss(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor1D {
  const others = tf.max(tf.sub(logits, tf.mul(labels, 1e9)), 1);
  return tf.sub(others, tf.sum(tf.mul(logits, labels), 1));
}

/** The difference of logits ratio, `−(z_y − max_{c≠y} z_c)/(z_π1 − z_π3)` (Croce & Hein 2020, eq. 5). */
export const dlrLoss: ExampleLoss = (logits, labels) => {
  const [largest, , third] = sortedLogits(logits);
  const ratio = tf.add(tf.sub(largest!, third!), LEAST_DENOMINATOR);
  return tf.div(marginLoss(logits, labels), ratio);
};

/** Its targeted form, `−(z_y − z_t)/(z_π1 − (z_π3 + z_π4)/2)` (eq. 6). */
export const targetedDlrLoss: ExampleLoss = (logits, labels, targets) => {
  const [largest, , third, fourth] = sortedLogits(logits);
  const ratio = tf.add(tf.sub(largest!, tf.mul(tf.add(third!, fourth!), 0.5)), LEAST_DENOMINATOR);
  return tf.div(targetDifference(logits, labels, targets), ratio);
};

/** The four largest logits of every example, or all three, `[N]` each; the gradient goes to where they stand. */
function sortedLogits(logits: tf.Tensor2D): tf.Tensor1D[] {
  const [n, classes] = logits.shape, ranks = Math.min(RANKS, classes);
  // Which ones they are is a constant; tfjs has no gradient for its selection.
  const places = tf.customGrad((input) => ({
    value: tf.cast(
      tf.oneHot(tf.reshape(tf.topk(input as tf.Tensor, ranks).indices, [-1]), classes),
      "float32",
    ),
    gradFunc: () => tf.zerosLike(logits),
  }));
  const masks = tf.reshape(places(logits), [n, ranks, classes]);
  const sorted = tf.sum(tf.mul(tf.reshape(logits, [n, 1, classes]), masks), 2) as tf.Tensor2D;
  return Array.from(
    { length: ranks },
    (_, rank) => tf.reshape(tf.slice(sorted, [0, rank], [n, 1]), [n]),
  );
}
