/**
 * One optimisation step's loss and gradients: up to three train-mode forward passes, one backward pass.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { evaluateObjective, type LossTerms, type Objective } from "../loss/objective.ts";
import { type Pass, VARIANT_TRAITS } from "../loss/variants.ts";
import { type Architecture, forward } from "../model/architecture.ts";
import type { ModelState, TensorMap } from "../model/parameters.ts";
import { type Activation, trainLayers } from "../model/train_mode.ts";

/** The inputs of one step, on the device. */
export interface StepInputs {
  /** `x` `[N,32,32,3]`, and `x'` and `x''` where the objective takes them; `x''` may have fewer rows. */
  readonly images: Partial<Record<Pass, tf.Tensor4D>>;
  /** One-hot `[N,C]`. */
  readonly labels: tf.Tensor2D;
  /** See {@linkcode evaluateObjective}. */
  readonly memoryRows?: tf.Tensor2D;
}

/** What a step yields; every tensor is the caller's to dispose. */
export interface StepResult {
  readonly terms: LossTerms;
  /** Train-mode logits of every pass that was made. */
  readonly logits: Partial<Record<Pass, tf.Tensor2D>>;
  /** `∂loss/∂parameter` by name, without weight decay. */
  readonly gradients: TensorMap;
}

/**
 * Loss and gradients of `objective` at `state`. The passes run in the order `x`, `x'`, `x''`, and each updates
 * `state`'s running statistics.
 */
export function lossAndGradients(
  architecture: Architecture,
  state: ModelState,
  objective: Objective,
  { images, labels, memoryRows }: StepInputs,
  activation?: Activation,
): StepResult {
  const names = [...state.parameters.keys()];
  const logits: Partial<Record<Pass, tf.Tensor2D>> = {};
  let terms: LossTerms | undefined;
  const { value, grads } = tf.valueAndGrads((...parameters: tf.Tensor[]) => {
    const byName: TensorMap = new Map(names.map((name, index) => [name, parameters[index]!]));
    for (const pass of VARIANT_TRAITS[objective.variant].passes) {
      const x = images[pass];
      if (x === undefined) continue;
      const layers = trainLayers(byName, state, activation);
      logits[pass] = tf.keep(forward(architecture, layers, x));
      state.batchesTracked++;
    }
    terms = evaluateObjective(objective, logits, labels, memoryRows);
    for (const term of Object.values(terms)) tf.keep(term);
    return terms.loss;
  })([...state.parameters.values()]);
  if (value !== terms!.loss) value.dispose();
  return { terms: terms!, logits, gradients: new Map(names.map((name, i) => [name, grads[i]!])) };
}
