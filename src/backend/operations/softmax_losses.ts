/**
 * Losses of softmax distributions per example, each with its gradient one operation over kernels that every engine
 * provides. Second-order gradients are not defined.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor1D, Tensor2D } from "../tensor.ts";
import { runKernel } from "./run_kernel.ts";

/** `{logits [N,C], labels [N,C]} → −Σ_c labels_c log p_c`, `[N]`. */
export const CROSS_ENTROPY = "MemlossCrossEntropy";
/** `{logits, labels, dy [N]} → dLogits`. */
export const CROSS_ENTROPY_GRADIENT = "MemlossCrossEntropyGradient";
/** `{p [N,C], q [N,C]} → Σ_c p_c (log p_c − log q_c)` of the distributions whose logits these are, `[N]`. */
export const KL_DIVERGENCE = "MemlossKlDivergence";
/** `{p, q, dy [N]} → [dp, dq]`, with respect to the logits. */
export const KL_DIVERGENCE_GRADIENT = "MemlossKlDivergenceGradient";
/** `{logits [N,C], labels [N,C]} → Σ_c labels_c p_c`, `[N]`. */
export const LABEL_PROBABILITY = "MemlossLabelProbability";
/** `{logits, labels, dy [N]} → dLogits`. */
export const LABEL_PROBABILITY_GRADIENT = "MemlossLabelProbabilityGradient";

/**
 * Cross-entropy `−log p_y` of `logits` `[N,C]` against one-hot `labels` `[N,C]`, `[N]`; labels get no gradient.
 *
 * @example
 * ```ts
 * import { crossEntropy, oneHot, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const logits = tf.tensor2d([[0, 0, 0, 0]]);
 * const [value] = await crossEntropy(logits, oneHot(Uint8Array.of(2), 4)).data();
 * assert.ok(Math.abs(value! - Math.log(4)) < 1e-6);
 * backend.close();
 * ```
 */
export function crossEntropy(logits: Tensor2D, labels: Tensor2D): Tensor1D {
  return againstLabels(CROSS_ENTROPY, CROSS_ENTROPY_GRADIENT, logits, labels);
}

/**
 * The probability `p_y` of one-hot `labels` `[N,C]` under `logits` `[N,C]`, `[N]`; labels get no gradient. With several
 * ones in a row, the probability of all of these classes together.
 */
export function labelProbability(logits: Tensor2D, labels: Tensor2D): Tensor1D {
  return againstLabels(LABEL_PROBABILITY, LABEL_PROBABILITY_GRADIENT, logits, labels);
}

/**
 * `KL(p‖q) = Σ_c p_c (log p_c − log q_c)` of two softmax distributions given by their logits `[N,C]`, `[N]`. The
 * gradient flows through both.
 *
 * @example
 * ```ts
 * import { klDivergence, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const p = tf.tensor2d([[0, 0]]), q = tf.tensor2d([[Math.log(3), 0]]); // ½, ½ and ¾, ¼
 * const [value] = await klDivergence(p, q).data();
 * assert.ok(Math.abs(value! - 0.143841) < 1e-6);
 * backend.close();
 * ```
 */
export function klDivergence(pLogits: Tensor2D, qLogits: Tensor2D): Tensor1D {
  const divergence = tf.customGrad((...inputs) => {
    const [p, q, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([p, q]);
    return {
      value: runKernel(KL_DIVERGENCE, { p, q })[0]!,
      gradFunc: (dy: tf.Tensor, [p, q]: tf.Tensor[]) =>
        runKernel(KL_DIVERGENCE_GRADIENT, { p, q, dy }),
    };
  });
  return divergence(pLogits, qLogits) as Tensor1D;
}

function againstLabels(
  kernel: string,
  gradient: string,
  logits: Tensor2D,
  labels: Tensor2D,
): Tensor1D {
  const loss = tf.customGrad((...inputs) => {
    const [logits, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    save([logits, labels]);
    return {
      value: runKernel(kernel, { logits, labels })[0]!,
      gradFunc: (dy: tf.Tensor, [logits, labels]: tf.Tensor[]) =>
        runKernel(gradient, { logits, labels, dy })[0]!,
    };
  });
  return loss(logits) as Tensor1D;
}
