/**
 * What an attack maximises: a function of the adversarial logits alone, everything else held constant.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor2D } from "../backend/tensor.ts";
import { crossEntropy, klDivergence, selectRows } from "../method/divergence.ts";
import { marginLoss } from "./autoattack/example_losses.ts";

/** Maps adversarial logits `[N,C]` to the sum over the batch of what is to be maximised. */
export type AttackLoss = (logits: Tensor2D) => Scalar;

/** `Σ CE(f(x'), y)`, `labels` one-hot `[N,C]`. */
export function crossEntropyAttack(labels: Tensor2D): AttackLoss {
  return (logits) => tf.sum(crossEntropy(logits, labels));
}

/** `Σ (max_{c≠y} z_c − z_y)`, Carlini & Wagner's loss, `labels` one-hot `[N,C]`. */
export function marginAttack(labels: Tensor2D): AttackLoss {
  return (logits) => tf.sum(marginLoss(logits, labels));
}

/** `Σ KL(p‖p(x'))` for the constant distribution with logits `reference` `[N,C]`: TRADES' inner maximisation. */
export function klAttack(reference: Tensor2D): AttackLoss {
  return (logits) => tf.sum(klDivergence(reference, logits));
}

/**
 * `Σ KL(p(x)‖p(x')) + ratio · KL(p(x'')‖p(x'))` with `ratio = β'/β`.
 *
 * @param memoryRows selection matrix `[M,N]` of the rows that have a memory example; left out when all have
 */
export function memoryKlAttack(
  nat: Tensor2D,
  mem: Tensor2D,
  ratio: number,
  memoryRows?: Tensor2D,
): AttackLoss {
  return (logits) => {
    const ofMemory = tf.sum(klDivergence(mem, selectRows(logits, memoryRows)));
    return tf.add(tf.sum(klDivergence(nat, logits)), tf.mul(ofMemory, ratio)) as Scalar;
  };
}
