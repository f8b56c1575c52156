/**
 * The training objectives: `L = CE(f(x), y) + β · KL(p(x)‖p(x')) + β' · L_mem` and the baselines (MemLoss, arXiv
 * 2510.09105; TRADES, Zhang et al. 2019; PGD-AT, Madry et al. 2018). There is no stop-gradient anywhere.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  crossEntropy,
  klDivergence,
  labelProbability,
  misclassified,
  selectRows,
} from "./divergence.ts";
import { type MemoryWeight, type Variant, VARIANT_TRAITS } from "./methods.ts";

/** An objective with its coefficients. */
export interface Objective {
  readonly variant: Variant;
  readonly beta: number;
  readonly betaPrime: number;
  readonly memoryWeight: MemoryWeight;
}

/** The logits of a step's passes, for those that were made. */
export interface StepLogits {
  /** `[N,C]` */
  readonly nat?: tf.Tensor2D;
  /** `[N,C]` */
  readonly adv?: tf.Tensor2D;
  /** `[M,C]`, the rows that have a memory example. */
  readonly mem?: tf.Tensor2D;
}

/** The loss, a scalar, and the terms it is the weighted sum of. */
export interface LossTerms {
  readonly loss: tf.Scalar;
  /** Cross-entropy: of `x`, or of `x'` in PGD-AT. */
  readonly ce: tf.Scalar;
  /** `KL(p(x)‖p(x'))`, before β. */
  readonly kl?: tf.Scalar;
  /** `L_mem`, before β'. */
  readonly memory?: tf.Scalar;
}

/** Keeps the weight of a memory example from being exactly zero. */
const WEIGHT_FLOOR = 1e-7;

/**
 * The objective's value for one batch of `N`. Every term is a mean over the whole batch: an example that has no
 * memory yet contributes zero to `L_mem`.
 *
 * @param labels one-hot `[N,C]`
 * @param memoryRows selection matrix `[M,N]` whose row `m` is one-hot at the batch row of memory example `m`; left
 * out when every example has a memory (`M = N`, same order)
 */
export function evaluateObjective(
  { variant, beta, betaPrime, memoryWeight }: Objective,
  { nat, adv, mem }: StepLogits,
  labels: tf.Tensor2D,
  memoryRows?: tf.Tensor2D,
): LossTerms {
  const ce = tf.mean(
    crossEntropy(VARIANT_TRAITS[variant].passes.includes("nat") ? nat! : adv!, labels),
  ) as tf.Scalar;
  if (variant === "standard" || variant === "pgd-at") return { loss: ce, ce };
  const kl = tf.mean(klDivergence(nat!, adv!)) as tf.Scalar;
  const trades = tf.add(ce, tf.mul(kl, beta)) as tf.Scalar;
  if (mem === undefined) return { loss: trades, ce, kl };

  const select = (rows: tf.Tensor2D) => selectRows(rows, memoryRows);
  const ofMemory = variant === "v3"
    ? klDivergence(mem, select(adv!))
    : klDivergence(select(nat!), mem);
  const weighted = weigh(memoryWeight, ofMemory, mem, select(labels));
  const memory = tf.div(tf.sum(weighted), labels.shape[0]) as tf.Scalar;
  return { loss: tf.add(trades, tf.mul(memory, betaPrime)), ce, kl, memory };
}

function weigh(
  weight: MemoryWeight,
  divergence: tf.Tensor1D,
  mem: tf.Tensor2D,
  labels: tf.Tensor2D,
): tf.Tensor1D {
  switch (weight) {
    case "uniform":
      return divergence;
    case "complement":
      return tf.mul(tf.sub(1 + WEIGHT_FLOOR, labelProbability(mem, labels)), divergence);
    case "misclassified":
      return tf.mul(tf.add(misclassified(mem, labels), WEIGHT_FLOOR), divergence);
  }
}
