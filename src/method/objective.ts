/**
 * The value of a method's loss for one batch. There is no stop-gradient anywhere.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor1D, Tensor2D } from "../backend/tensor.ts";
import * as perExample from "./divergence.ts";
import {
  type Arithmetic,
  type Coefficients,
  type MemoryWeight,
  type Method,
  type Pass,
  type Term,
  termsOf,
  weighedTerm,
} from "./method.ts";

/** A method's loss with its coefficients. */
export interface Objective {
  /** Whose terms are summed. */
  readonly method: Method;
  /** One for each that the method has. */
  readonly coefficients: Coefficients;
  /**
   * How the memory term weighs its examples.
   *
   * @default {the method's}
   */
  readonly memoryWeight?: MemoryWeight | undefined;
  /**
   * Share `s` in [0,1) of every label that all classes have alike: each cross-entropy of the loss is against
   * `(1 − s)·label + s/C`, as in PyTorch's `CrossEntropyLoss`. These are the `CE`s in the methods' formulas, HAT's against its
   * helper's labels among them, and the one that MART's `BCE` begins with; whatever else looks at a label has it as it is.
   *
   * @default {0}
   */
  readonly labelSmoothing?: number | undefined;
}

/** The logits of a step's passes, for those that were made: `[N,C]`, of the memory `[M,C]`. */
export type StepLogits = { readonly [P in Pass]?: Tensor2D };

/** The loss, a scalar, and the terms it is the sum of, by name, each before its coefficient. */
export interface LossTerms {
  /** The weighted sum. */
  readonly loss: Scalar;
  /** A mean over the batch. */
  readonly [term: string]: Scalar;
}

/** What terms are written in; every cross-entropy with `smoothing`. */
function arithmeticOf(smoothing = 0): Arithmetic {
  const plain = { ...perExample, tf };
  if (smoothing === 0) return plain;
  return {
    ...plain,
    crossEntropy(logits, labels) {
      const share = smoothing / labels.shape[1];
      return perExample.crossEntropy(logits, tf.add(tf.mul(labels, 1 - smoothing), share));
    },
  };
}

/**
 * The objective's value for one batch of `N`. Every term is a mean over the whole batch: an example that has no
 * memory yet contributes zero to the memory term.
 *
 * @example The loss of TRADES for one example
 * ```ts
 * import { evaluateObjective, methodOf, oneHot, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const objective = { method: methodOf("trades"), coefficients: { beta: 6 } };
 * const nat = tf.tensor2d([[2, 0]]), adv = tf.tensor2d([[0, 0]]);
 * const { loss, ...terms } = evaluateObjective(objective, { nat, adv }, oneHot(Uint8Array.of(0), 2));
 * assert.deepEqual(Object.keys(terms), ["ce", "kl"]);
 * assert.ok(Math.abs((await loss.data())[0]! - 2.093808) < 1e-5);
 * backend.close();
 * ```
 *
 * @param labels one-hot `[N,C]`
 * @param memoryRows selection matrix `[M,N]` whose row `m` is one-hot at the batch row of memory example `m`; left
 * out when every example has a memory (`M = N`, same order)
 * @param onWeights told the weights of the examples of the term that they are logged of, `[N]` or `[M]`, see {@linkcode Term.weight}
 * @param helperLabels those that the helper gives, one-hot `[N,C]`, for a method that needs one
 */
export function evaluateObjective(
  { method, coefficients, memoryWeight, labelSmoothing }: Objective,
  logits: StepLogits,
  labels: Tensor2D,
  memoryRows?: Tensor2D,
  onWeights?: (weights: Tensor1D) => void,
  helperLabels?: Tensor2D,
): LossTerms {
  const arithmetic = arithmeticOf(labelSmoothing);
  const terms = termsOf(method, memoryWeight), weighed = weighedTerm(terms);
  const made = terms.filter(({ passes }) => passes.every((pass) => logits[pass]));
  const values = made.map((term): [string, Scalar] => [
    term.name,
    evaluateTerm(
      term,
      logits,
      term.labels === "helper" ? helperLabels! : labels,
      memoryRows,
      arithmetic,
      term === weighed ? onWeights : undefined,
    ),
  ]);
  const loss = made
    .map((term, i) => scaled(values[i]![1], term, coefficients))
    .reduce((sum, value) => tf.add(sum, value));
  return { loss, ...Object.fromEntries(values) };
}

function evaluateTerm(
  { passes, weight, value }: Term,
  logits: StepLogits,
  labels: Tensor2D,
  memoryRows: Tensor2D | undefined,
  arithmetic: Arithmetic,
  onWeights: ((weights: Tensor1D) => void) | undefined,
): Scalar {
  const evaluate = (logits: Record<Pass, Tensor2D>, labels: Tensor2D): Tensor1D => {
    if (weight === undefined) return value(logits, labels, arithmetic);
    const weights = weight(logits, labels, arithmetic);
    onWeights?.(weights);
    return tf.mul(weights, value(logits, labels, arithmetic));
  };
  // The term looks at no others: see `Term.passes`.
  const given = logits as Record<Pass, Tensor2D>;
  if (!passes.includes("mem")) return tf.mean(evaluate(given, labels));
  const select = (rows: Tensor2D) => perExample.selectRows(rows, memoryRows);
  const selected = passes.map((pass) => [pass, pass === "mem" ? given.mem : select(given[pass])]);
  const ofMemory = evaluate(Object.fromEntries(selected), select(labels));
  return tf.div(tf.sum(ofMemory), labels.shape[0]);
}

function scaled(value: Scalar, { coefficient }: Term, coefficients: Coefficients): Scalar {
  if (coefficient === undefined) return value;
  const factor = coefficients[coefficient];
  if (factor === undefined) throw new TypeError(`The objective has no ${coefficient}.`);
  return tf.mul(value, factor);
}
