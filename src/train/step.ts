/**
 * One optimisation step's loss and gradients: one train-mode pass over `x`, `x'` and `x''`, one backward pass.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { missingKernel } from "../backend/operations/missing_kernel.ts";
import { RunError } from "../errors.ts";
import { evaluateObjective, type LossTerms, type Objective } from "../method/objective.ts";
import { type Method, type Pass, passesOf } from "../method/method.ts";
import { type Architecture, forward } from "../model/architecture.ts";
import type { ModelState, TensorMap } from "../model/parameters.ts";
import { type Activation, trainLayers } from "../model/train_mode.ts";
import { helperExamples } from "./helper/helper_examples.ts";

/** The inputs of one step, on the device. */
export interface StepInputs {
  /** `x` `[N,H,W,channels]`, and `x'` and `x''` where the objective takes them; `x''` may have fewer rows. */
  readonly images: Partial<Record<Pass, tf.Tensor4D>>;
  /** One-hot `[N,C]`. */
  readonly labels: tf.Tensor2D;
  /** See {@linkcode evaluateObjective}. */
  readonly memoryRows?: tf.Tensor2D;
  /** See {@linkcode evaluateObjective}. */
  readonly helperLabels?: tf.Tensor2D;
}

/** What a step yields; every tensor is the caller's to dispose. */
export interface StepResult {
  readonly terms: LossTerms;
  /** What the term that has weights gave each example it looked at; absent where none has, or it looked at none. */
  readonly weights?: tf.Tensor1D;
  /** Train-mode logits of every input. */
  readonly logits: Partial<Record<Pass, tf.Tensor2D>>;
  /** `∂loss/∂parameter` by name, without weight decay. */
  readonly gradients: TensorMap;
}

/** The passes that a step of `method` makes of `images`, in order. */
export function passesMade(method: Method, images: StepInputs["images"]): Pass[] {
  // Helper examples follow from the others.
  return passesOf(method, (pass) => images[pass === "help" ? "adv" : pass] !== undefined);
}

/** `inputs` by name, as computations take them. */
export function namedInputs({ images, labels, memoryRows }: StepInputs): tf.NamedTensorMap {
  return { ...images, labels, ...memoryRows && { memoryRows } };
}

/** The inputs that {@linkcode namedInputs} has named; of `images`, those that are a pass's. */
export function stepInputs(
  images: tf.NamedTensorMap,
  labels: tf.Tensor,
  memoryRows: tf.Tensor | undefined,
): StepInputs {
  const { nat, adv, mem } = images as Partial<Record<Pass, tf.Tensor4D>>;
  return {
    images: { ...nat && { nat }, ...adv && { adv }, ...mem && { mem } },
    labels: labels as tf.Tensor2D,
    ...memoryRows && { memoryRows: memoryRows as tf.Tensor2D },
  };
}

/**
 * Loss and gradients of `objective` at `state`. `x`, `x'` and `x''` go through the network as one batch, yet as if in
 * three passes in this order: each has batch statistics of its own, which update `state`'s running ones. Its
 * `batchesTracked`, a number and no tensor, is left to the caller.
 *
 * @throws {RunError} if the method computes what the engine has no kernel for
 */
export function lossAndGradients(
  architecture: Architecture,
  state: ModelState,
  objective: Objective,
  { images, labels, memoryRows, helperLabels }: StepInputs,
  activation?: Activation,
): StepResult {
  const names = [...state.parameters.keys()];
  const passes = passesMade(objective.method, images);
  const helped = passes.includes("help") ? helperExamples(images.nat!, images.adv!) : undefined;
  const parts = passes.map((pass) => pass === "help" ? helped! : images[pass]!);
  const groups = parts.map(({ shape }) => shape[0]);
  const x = tf.concat(parts);
  helped?.dispose();
  const logits: Partial<Record<Pass, tf.Tensor2D>> = {};
  let terms: LossTerms | undefined, weights: tf.Tensor1D | undefined;
  const differentiate = tf.valueAndGrads((...parameters: tf.Tensor[]) => {
    const byName: TensorMap = new Map(names.map((name, index) => [name, parameters[index]!]));
    const layers = trainLayers(architecture, byName, state, groups, activation);
    const output = forward(architecture, layers, x);
    // tfjs has no gradient of a split into one.
    const outputs = groups.length === 1 ? [output] : tf.split<tf.Tensor2D>(output, groups);
    passes.forEach((pass, g) => logits[pass] = tf.keep(outputs[g]!));
    terms = evaluateObjective(objective, logits, labels, memoryRows, (given) => {
      weights = tf.keep(given as tf.Tensor1D);
    }, helperLabels);
    for (const term of Object.values(terms)) tf.keep(term);
    return terms.loss;
  });
  const { value, grads } = namingMethod(
    objective.method,
    () => differentiate([...state.parameters.values()]),
  );
  if (value !== terms!.loss) value.dispose();
  x.dispose();
  const gradients = new Map(names.map((name, i) => [name, grads[i]!]));
  return { terms: terms!, ...weights && { weights }, logits, gradients };
}

/** What `compute` returns; where an operation has no kernel, the error says whose loss asked for it. */
function namingMethod<T>({ name }: Method, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    const missing = missingKernel(error);
    if (missing === undefined) throw error;
    const { operation, engine } = missing;
    throw new RunError(
      `The loss of ${name}, or its gradient, uses ${operation}, which the ${engine} engine has no kernel for: ` +
        "use another --backend, or write the loss without it.",
      { cause: error },
    );
  }
}
