/**
 * The losses of softmax distributions and their gradients, written in tfjs operations.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  KL_DIVERGENCE,
  KL_DIVERGENCE_GRADIENT,
  LABEL_PROBABILITY,
  LABEL_PROBABILITY_GRADIENT,
} from "../operations/softmax_losses.ts";
import type { ComposedKernels, Inputs } from "./kernel.ts";

/** `values` `[N]` as a column `[N,1]`. */
function column(values: tf.Tensor): tf.Tensor {
  return tf.reshape(values, [-1, 1]);
}

function crossEntropy({ logits, labels }: Inputs): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits!), labels!), 1));
}

/** `dy (p Σ labels − labels)`. */
function crossEntropyGradient({ logits, labels, dy }: Inputs): tf.Tensor {
  const expected = tf.mul(tf.softmax(logits!), tf.sum(labels!, 1, true));
  return tf.mul(tf.sub(expected, labels!), column(dy!));
}

/** `p` and `log p − log q`. */
function compare({ p, q }: Inputs): [probability: tf.Tensor, ratio: tf.Tensor] {
  const logP = tf.logSoftmax(p!);
  return [tf.exp(logP), tf.sub(logP, tf.logSoftmax(q!))];
}

function klDivergence(inputs: Inputs): tf.Tensor {
  return tf.sum(tf.mul(...compare(inputs)), 1);
}

/** `dp = dy p (log p − log q − KL)`, `dq = dy (q − p)`, where `p` and `q` on the right are probabilities. */
function klDivergenceGradient(inputs: Inputs): tf.Tensor[] {
  const [probability, ratio] = compare(inputs), slope = column(inputs.dy!);
  const divergence = tf.sum(tf.mul(probability, ratio), 1, true);
  return [
    tf.mul(tf.mul(probability, tf.sub(ratio, divergence)), slope),
    tf.mul(tf.sub(tf.softmax(inputs.q!), probability), slope),
  ];
}

function labelProbability({ logits, labels }: Inputs): tf.Tensor {
  return tf.sum(tf.mul(tf.softmax(logits!), labels!), 1);
}

/** `dy p (labels − Σ labels p)`. */
function labelProbabilityGradient({ logits, labels, dy }: Inputs): tf.Tensor {
  const probability = tf.softmax(logits!);
  const ofLabel = tf.sum(tf.mul(probability, labels!), 1, true);
  return tf.mul(tf.mul(probability, tf.sub(labels!, ofLabel)), column(dy!));
}

/** Cross-entropy, Kullback–Leibler divergence and the label's probability. */
export const softmaxLossKernels: ComposedKernels = {
  [CROSS_ENTROPY]: crossEntropy,
  [CROSS_ENTROPY_GRADIENT]: crossEntropyGradient,
  [KL_DIVERGENCE]: klDivergence,
  [KL_DIVERGENCE_GRADIENT]: klDivergenceGradient,
  [LABEL_PROBABILITY]: labelProbability,
  [LABEL_PROBABILITY_GRADIENT]: labelProbabilityGradient,
};
