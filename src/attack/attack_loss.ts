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

/**
 * `Σ CE(f(x'), y)`, `labels` one-hot `[N,C]`.
 *
 * @example
 * ```ts
 * import { crossEntropyAttack, oneHot, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const loss = crossEntropyAttack(oneHot(Uint8Array.of(1), 2));
 * const [value] = await loss(tf.tensor2d([[1, 0]])).data();
 * assert.ok(Math.abs(value! - Math.log(1 + Math.E)) < 1e-6);
 * backend.close();
 * ```
 */
export function crossEntropyAttack(labels: Tensor2D): AttackLoss {
  return (logits) => tf.sum(crossEntropy(logits, labels));
}

/**
 * `Σ (max_{c≠y} z_c − z_y)`, Carlini & Wagner's loss, `labels` one-hot `[N,C]`.
 *
 * @example
 * ```ts
 * import { marginAttack, oneHot, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const loss = marginAttack(oneHot(Uint8Array.of(0), 3));
 * assert.deepEqual([...await loss(tf.tensor2d([[3, 1, 0]])).data()], [-2]);
 * backend.close();
 * ```
 */
export function marginAttack(labels: Tensor2D): AttackLoss {
  return (logits) => tf.sum(marginLoss(logits, labels));
}

/**
 * `Σ KL(p‖p(x'))` for the constant distribution with logits `reference` `[N,C]`: TRADES' inner maximisation.
 *
 * @example
 * ```ts
 * import { klAttack, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const loss = klAttack(tf.tensor2d([[0, 0]]));
 * const [value] = await loss(tf.tensor2d([[Math.log(3), 0]])).data();
 * assert.ok(Math.abs(value! - 0.143841) < 1e-6);
 * backend.close();
 * ```
 */
export function klAttack(reference: Tensor2D): AttackLoss {
  return (logits) => tf.sum(klDivergence(reference, logits));
}

/**
 * `Σ KL(p(x)‖p(x')) + ratio · KL(p(x'')‖p(x'))` with `ratio = β'/β`.
 *
 * @example
 * ```ts
 * import { memoryKlAttack, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const nat = tf.tensor2d([[0, 0]]), mem = tf.tensor2d([[Math.log(3), 0]]);
 * const [value] = await memoryKlAttack(nat, mem, 0.5)(nat).data();
 * assert.ok(Math.abs(value! - 0.5 * 0.130812) < 1e-6);
 * backend.close();
 * ```
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
