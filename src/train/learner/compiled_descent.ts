/**
 * A recipe's loss and its gradients on a model under training, compiled for the device where that model stays; with AWP, the
 * adversary of its weights too.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Computation, Compute, DeviceState } from "../../backend/backend.ts";
import { misclassified } from "../../method/divergence.ts";
import { methodOf } from "../../method/methods.ts";
import type { LossTerms, Objective } from "../../method/objective.ts";
import type { Architecture } from "../../model/architecture.ts";
import { disposeAll, type ModelState, type TensorMap } from "../../model/parameters.ts";
import { shifted, weightPerturbation } from "../../optimise/adversarial_weights.ts";
import { clipped } from "../../optimise/gradient_norm.ts";
import { zeroMomenta } from "../../optimise/sgd.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import type { Helper } from "../../run/weights/helper.ts";
import { helperLabels } from "../helper/helper_examples.ts";
import { added, joined, scaled } from "./accumulation.ts";
import {
  lossAndGradients,
  namedInputs,
  type StepInputs,
  stepInputs,
  type StepResult,
} from "../step.ts";

/** What a loss and its gradients leave behind. */
export interface Descent extends Pick<StepResult, "terms" | "weights"> {
  /** How many of the batch's `x'` are misclassified, in training mode; absent where nothing is attacked. */
  readonly fooled?: tf.Scalar;
}

/** What a descent reads and writes; everything lives in the device state that it is compiled in. */
export interface DescentTensors {
  readonly state: ModelState;
  /** Are replaced. */
  readonly gradients: TensorMap;
  /** What the adversary adds to the weights; absent where there is none. */
  readonly perturbation?: TensorMap | undefined;
  /** For a method that needs one. */
  readonly helper?: Helper | undefined;
}

/** Loss and gradients at the weights, and where the recipe perturbs them, at those of the adversary. */
export class CompiledDescent {
  readonly #descend: Computation;
  /** Has the gradients be zero; absent where the recipe cuts no batch into parts. */
  readonly #clear: Computation | undefined;
  /** Absent where the recipe does not clip. */
  readonly #clip: Computation | undefined;
  /** Absent where nothing is perturbed. */
  readonly #perturbed: {
    /** The gradients that the adversary climbs. */
    readonly ascend: Computation;
    readonly perturb: Computation;
    readonly descend: Computation;
    /** Adds the decay of what was added to the weights. */
    readonly restore: Computation;
  } | undefined;

  constructor(
    recipe: Recipe,
    architecture: Architecture,
    deviceState: DeviceState,
    tensors: DescentTensors,
  ) {
    const { state, gradients, perturbation, helper } = tensors;
    const objective = objectiveOf(recipe);
    /** Puts the gradients at the weights of `model` in their place, whose statistics are moved; of a part, adds its share. */
    const differentiate = (model: ModelState, named: tf.NamedTensorMap) => {
      const { labels, memoryRows, [SHARE]: share, ...images } = named;
      const given = stepInputs(images, labels!, memoryRows);
      const helped = helper && helperLabels(helper, given.images.adv!);
      const inputs = { ...given, ...helped && { helperLabels: helped } };
      const result = lossAndGradients(architecture, model, objective, inputs);
      helped?.dispose();
      const found = share ? added(gradients, result.gradients, share) : result.gradients;
      for (const [name, gradient] of found) gradients.set(name, gradient);
      return result;
    };
    const descent = (parameters: () => TensorMap): Compute => (named) => {
      const model = { ...state, parameters: parameters() };
      const { terms, weights, logits } = differentiate(model, named), { adv } = logits;
      const fooled = adv && tf.sum(misclassified(adv, named.labels as tf.Tensor2D));
      tf.dispose(Object.values(logits));
      return {
        ...named[SHARE] ? scaled(terms, named[SHARE]) : terms,
        ...weights && { [WEIGHTS]: weights },
        ...fooled && { [FOOLED]: fooled },
      };
    };
    /** A computation that puts `tensors` in the places of those of their names in `map`. */
    const replace = (map: TensorMap, tensors: () => TensorMap) =>
      deviceState.compile(() => {
        for (const [name, tensor] of tensors()) map.set(name, tensor);
        return {};
      });
    const { parameters } = state,
      { awp: gamma, weightDecay, clipGradNorm: most } = recipe.optimiser;
    this.#descend = deviceState.compile(descent(() => parameters));
    this.#clear = recipe.microBatch === undefined
      ? undefined
      : replace(gradients, () => zeroMomenta(gradients));
    this.#clip = most === undefined
      ? undefined
      : replace(gradients, () => clipped(gradients, most));
    this.#perturbed = perturbation && gamma !== undefined
      ? {
        ascend: deviceState.compile((named) => {
          const buffers = new Map([...state.buffers].map(([name, t]) => [name, t.clone()]));
          const { terms, weights, logits } = differentiate({ ...state, buffers }, named);
          disposeAll(buffers);
          tf.dispose([...Object.values(terms), ...Object.values(logits), weights ?? []]);
          return {};
        }),
        perturb: replace(perturbation, () => weightPerturbation(parameters, gradients, gamma)),
        descend: deviceState.compile(descent(() => shifted(parameters, perturbation))),
        restore: replace(gradients, () => shifted(gradients, perturbation, weightDecay)),
      }
      : undefined;
  }

  /** See the learner's `descend`. */
  async run(parts: readonly StepInputs[], perturbed: boolean): Promise<Descent> {
    if (perturbed) {
      await this.#over(parts, this.#adversary().ascend);
      await this.#adversary().perturb({});
    }
    const descend = perturbed ? this.#adversary().descend : this.#descend;
    const found = await this.#over(parts, descend);
    const { [WEIGHTS]: weights, [FOOLED]: fooled, ...terms } = found;
    await this.#clip?.({});
    if (perturbed) await this.#adversary().restore({});
    return {
      terms: terms as LossTerms & tf.NamedTensorMap,
      ...weights && { weights: weights as tf.Tensor1D },
      ...fooled && { fooled: fooled as tf.Scalar },
    };
  }

  /** What `computation` yields for the batch of `parts`. */
  async #over(
    parts: readonly StepInputs[],
    computation: Computation,
  ): Promise<tf.NamedTensorMap> {
    if (parts.length === 1) return await computation(namedInputs(parts[0]!));
    if (this.#clear === undefined) throw new TypeError("The recipe cuts no batch into parts.");
    await this.#clear({});
    const n = parts.reduce((sum, { labels }) => sum + labels.shape[0], 0);
    const found: tf.NamedTensorMap[] = [];
    for (const part of parts) {
      const share = tf.scalar(part.labels.shape[0] / n);
      found.push(await computation({ ...namedInputs(part), [SHARE]: share }));
      share.dispose();
    }
    return joined(found, WEIGHTS);
  }

  /** The computations of a step, with what they take: its inputs, or nothing. */
  computations(): { readonly ofInputs: readonly Computation[]; readonly others: Computation[] } {
    const clip = this.#clip ? [this.#clip] : [], clear = this.#clear ? [this.#clear] : [];
    if (this.#perturbed === undefined) {
      return { ofInputs: [this.#descend], others: [...clear, ...clip] };
    }
    const { ascend, perturb, descend, restore } = this.#perturbed;
    return {
      ofInputs: [this.#descend, ascend, descend],
      others: [...clear, perturb, ...clip, restore],
    };
  }

  #adversary() {
    if (this.#perturbed === undefined) throw new TypeError("The recipe perturbs no weights.");
    return this.#perturbed;
  }
}

/** What a computation takes with a part of a batch: the part's share of the batch's images. */
export const SHARE = "@share";
/** What a computation calls what is no term, none of which has such a name. */
const WEIGHTS = "@weights", FOOLED = "@fooled";

/** The objective in `recipe`. */
export function objectiveOf(recipe: Recipe): Objective {
  const { variant, memory, labelSmoothing } = recipe;
  const method = methodOf(variant), memoryWeight = memory?.weight;
  return { method, coefficients: recipe, memoryWeight, labelSmoothing };
}
