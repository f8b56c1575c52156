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
import type { Recipe } from "../../recipe/recipe.ts";
import type { Helper } from "../../run/weights/helper.ts";
import { helperLabels } from "../helper_examples.ts";
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
    /** Puts the gradients at the weights of `model` in their place, whose statistics are moved. */
    const differentiate = (model: ModelState, named: tf.NamedTensorMap) => {
      const { labels, memoryRows, ...images } = named;
      const given = stepInputs(images, labels!, memoryRows);
      const helped = helper && helperLabels(helper, given.images.adv!);
      const inputs = { ...given, ...helped && { helperLabels: helped } };
      const result = lossAndGradients(architecture, model, objective, inputs);
      helped?.dispose();
      for (const [name, gradient] of result.gradients) gradients.set(name, gradient);
      return result;
    };
    const descent = (parameters: () => TensorMap): Compute => (named) => {
      const model = { ...state, parameters: parameters() };
      const { terms, weights, logits } = differentiate(model, named), { adv } = logits;
      const fooled = adv && tf.sum(misclassified(adv, named.labels as tf.Tensor2D));
      tf.dispose(Object.values(logits));
      return {
        ...terms,
        ...weights && { [WEIGHTS]: weights },
        ...fooled && { [FOOLED]: fooled },
      };
    };
    const { parameters } = state, { awp: gamma, weightDecay } = recipe.optimiser;
    this.#descend = deviceState.compile(descent(() => parameters));
    this.#perturbed = perturbation && gamma !== undefined
      ? {
        ascend: deviceState.compile((named) => {
          const buffers = new Map([...state.buffers].map(([name, t]) => [name, t.clone()]));
          const { terms, weights, logits } = differentiate({ ...state, buffers }, named);
          disposeAll(buffers);
          tf.dispose([...Object.values(terms), ...Object.values(logits), weights ?? []]);
          return {};
        }),
        perturb: deviceState.compile(() => {
          const moves = weightPerturbation(parameters, gradients, gamma);
          for (const [name, move] of moves) perturbation.set(name, move);
          return {};
        }),
        descend: deviceState.compile(descent(() => shifted(parameters, perturbation))),
        restore: deviceState.compile(() => {
          const decayed = shifted(gradients, perturbation, weightDecay);
          for (const [name, gradient] of decayed) gradients.set(name, gradient);
          return {};
        }),
      }
      : undefined;
  }

  /** See the learner's `descend`. */
  async run(inputs: StepInputs, perturbed: boolean): Promise<Descent> {
    const named = namedInputs(inputs);
    if (perturbed) {
      await this.#adversary().ascend(named);
      await this.#adversary().perturb({});
    }
    const descend = perturbed ? this.#adversary().descend : this.#descend;
    const { [WEIGHTS]: weights, [FOOLED]: fooled, ...terms } = await descend(named);
    if (perturbed) await this.#adversary().restore({});
    return {
      terms: terms as LossTerms & tf.NamedTensorMap,
      ...weights && { weights: weights as tf.Tensor1D },
      ...fooled && { fooled: fooled as tf.Scalar },
    };
  }

  /** The computations of a step, with what they take: its inputs, or nothing. */
  computations(): { readonly ofInputs: readonly Computation[]; readonly others: Computation[] } {
    if (this.#perturbed === undefined) return { ofInputs: [this.#descend], others: [] };
    const { ascend, perturb, descend, restore } = this.#perturbed;
    return { ofInputs: [this.#descend, ascend, descend], others: [perturb, restore] };
  }

  #adversary() {
    if (this.#perturbed === undefined) throw new TypeError("The recipe perturbs no weights.");
    return this.#perturbed;
  }
}

/** What a computation calls what is no term, none of which has such a name. */
const WEIGHTS = "@weights", FOOLED = "@fooled";

/** The objective in `recipe`. */
export function objectiveOf(recipe: Recipe): Objective {
  const { variant, memory } = recipe;
  return { method: methodOf(variant), coefficients: recipe, memoryWeight: memory?.weight };
}
