/**
 * What training computes, on a model that stays on the device: the attack, the loss with its gradients, the update.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { pgd } from "../attack/pgd.ts";
import type { Backend, Computation, Demand, DeviceState } from "../backend/backend.ts";
import type { ImageShape } from "../data/dataset.ts";
import { needsHelper, type Pass, passesOf } from "../method/method.ts";
import { misclassified } from "../method/divergence.ts";
import { methodOf } from "../method/methods.ts";
import type { LossTerms, Objective } from "../method/objective.ts";
import type { Architecture } from "../model/architecture.ts";
import { freeze } from "../model/frozen.ts";
import {
  copyOf,
  type ModelState,
  type TensorMap,
  type WeightTensors,
} from "../model/parameters.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Helper } from "../run/weights/helper.ts";
import {
  attackInputs,
  attackLoss,
  attackParts,
  type TrainingAttack,
  trainingAttack,
} from "./inner_attack.ts";
import type { Rates } from "../optimise/schedule.ts";
import { moveTowards, rateTensor, Sgd, zeroMomenta } from "../optimise/sgd.ts";
import { lossAndGradients, passesMade, type StepInputs, type StepResult } from "./step.ts";

/** What a part of an attack yields. */
export interface AttackPart {
  /** `x'` `[N,H,W,channels]`. */
  readonly adversarial: tf.Tensor4D;
  /** The attack's loss, summed over the batch, where the part's first iteration began and where its last one did. */
  readonly losses: readonly [first: tf.Scalar, last: tf.Scalar];
}

/** What a loss and its gradients leave behind. */
export interface Descent extends Pick<StepResult, "terms" | "weights"> {
  /** How many of the batch's `x'` are misclassified, in training mode; absent where nothing is attacked. */
  readonly fooled?: tf.Scalar;
}

/** A model under training, with its optimiser. */
export class Learner {
  /** Lives in {@linkcode deviceState}: only computations compiled there see its tensors. */
  readonly state: ModelState;
  readonly optimiser: Sgd;
  readonly deviceState: DeviceState;
  readonly #recipe: Recipe;
  readonly #classes: number;
  /** Absent where the method does not attack. */
  readonly #attack: TrainingAttack | undefined;
  /** By its number of iterations. */
  readonly #attackParts = new Map<number, Computation>();
  readonly #descend: Computation;
  readonly #update: Computation;
  /** Absent where the recipe keeps none. */
  readonly #averaged: WeightTensors | undefined;
  readonly #average: Computation | undefined;

  /**
   * @param state taken over
   * @param momenta taken over; zeros unless given
   * @param helper taken over; for a method that needs one
   * @param average of the weights, taken over where the recipe keeps one; the weights themselves unless given
   */
  constructor(
    recipe: Recipe,
    architecture: Architecture,
    backend: Backend,
    state: ModelState,
    momenta: TensorMap = zeroMomenta(state.parameters),
    helper?: Helper,
    average?: WeightTensors,
  ) {
    if (needsHelper(methodOf(recipe.variant)) && helper === undefined) {
      throw new TypeError(`The method ${recipe.variant} needs a helper.`);
    }
    const { parameters, buffers } = state;
    const gradients = zeroMomenta(parameters);
    this.#recipe = recipe;
    this.#classes = architecture.classes;
    this.state = state;
    this.optimiser = new Sgd(
      { weightDecay: recipe.optimiser.weightDecay, nesterov: true },
      momenta,
    );
    const averaged = recipe.optimiser.average === "none" ? undefined : average ?? copyOf(state);
    this.deviceState = backend.deviceState([
      ...[parameters, buffers, momenta, gradients],
      ...helper ? [helper.state.parameters, helper.state.buffers] : [],
      ...averaged ? [averaged.parameters, averaged.buffers] : [],
    ]);
    this.#averaged = averaged;
    const objective = objectiveOf(recipe);
    this.#attack = trainingAttack(recipe);
    if (this.#attack) {
      const { steps, firstSteps = steps } = recipe.attack!;
      for (const part of new Set([steps, firstSteps].flatMap(attackParts))) {
        this.#attackParts.set(part, this.#compileAttack(architecture, this.#attack, part));
      }
    }
    this.#descend = this.deviceState.compile(({ labels, memoryRows, ...images }) => {
      const given = stepInputs(images, labels!, memoryRows);
      const helperLabels = helper && labelsBy(helper, given.images.adv!);
      const inputs = { ...given, ...helperLabels && { helperLabels } };
      const result = lossAndGradients(architecture, state, objective, inputs);
      helperLabels?.dispose();
      for (const [name, gradient] of result.gradients) gradients.set(name, gradient);
      const { adv } = result.logits;
      const fooled = adv && tf.sum(misclassified(adv, labels as tf.Tensor2D));
      tf.dispose(Object.values(result.logits));
      return {
        ...result.terms,
        ...result.weights && { [WEIGHTS]: result.weights },
        ...fooled && { [FOOLED]: fooled },
      };
    });
    this.#update = this.deviceState.compile(({ rates }) => {
      this.optimiser.step(parameters, gradients, rates as tf.Tensor1D);
      return {};
    });
    this.#average = averaged && this.deviceState.compile(({ share }) => {
      moveTowards(averaged.parameters, parameters, share as tf.Scalar);
      moveTowards(averaged.buffers, buffers, share as tf.Scalar);
      return {};
    });
  }

  /**
   * One part of the recipe's attack on `inputs`, see {@linkcode attackParts}, on the network in evaluation mode; all tensors
   * are the caller's to dispose.
   *
   * @param start where the part begins, the same shape
   * @param noise standard-normal images, the same shape, for every step, which replace vanished gradients; none in L∞
   * @param steps of the part; all of the attack's unless given
   */
  async attack(
    inputs: StepInputs,
    start: tf.Tensor4D,
    noise: readonly tf.Tensor4D[],
    steps: number | undefined = this.#attack?.pgd.steps,
  ): Promise<AttackPart> {
    const noises = Object.fromEntries(noise.map((images, step) => [noiseName(step), images]));
    const how = this.#attack, compute = this.#attackParts.get(steps ?? 0);
    if (how === undefined || compute === undefined) {
      throw new TypeError(`The recipe's attack has no part of ${steps} steps.`);
    }
    const seen = attackInputs(inputs, how.loss);
    const { adversarial, first, last } = await compute({ ...namedInputs(seen), start, ...noises });
    return {
      adversarial: adversarial as tf.Tensor4D,
      losses: [first as tf.Scalar, last as tf.Scalar],
    };
  }

  #compileAttack(architecture: Architecture, how: TrainingAttack, steps: number): Computation {
    return this.deviceState.compile(({ start, labels, memoryRows, ...images }) => {
      const model = freeze(architecture, this.state);
      const inputs = stepInputs(images, labels!, memoryRows);
      const loss = attackLoss(model, inputs, how);
      const noise = (step: number) => images[noiseName(step)] as tf.Tensor4D;
      const nat = inputs.images.nat!;
      const options = { ...how.pgd, steps };
      let first: tf.Scalar | undefined, last: tf.Scalar | undefined;
      const adversarial = pgd(
        model.logits,
        nat,
        start as tf.Tensor4D,
        loss,
        options,
        noise,
        (value, step) => {
          if (step === 0) first = tf.keep(value);
          if (step === steps - 1) last = tf.keep(value);
        },
      );
      model.dispose();
      return { adversarial, first: first!, last: last! };
    });
  }

  /**
   * The loss and its terms in training mode, the weights in it, and how many `x'` are misclassified, all the caller's to
   * dispose. Moves the running
   * statistics, and keeps the gradients for {@linkcode update}.
   */
  async descend(inputs: StepInputs): Promise<Descent> {
    const { [WEIGHTS]: weights, [FOOLED]: fooled, ...terms } = await this.#descend(
      namedInputs(inputs),
    );
    this.state.batchesTracked += passesMade(methodOf(this.#recipe.variant), inputs.images).length;
    return {
      terms: terms as LossTerms & tf.NamedTensorMap,
      ...weights && { weights: weights as tf.Tensor1D },
      ...fooled && { fooled: fooled as tf.Scalar },
    };
  }

  /** Moves the parameters along the gradients of the last {@linkcode descend}. */
  async update(rates: Rates): Promise<void> {
    const tensor = rateTensor(rates);
    await this.#update({ rates: tensor });
    tensor.dispose();
  }

  /** Moves the recipe's average of the weights by a `share` of its distance to them, running statistics included. */
  async average(share: number): Promise<void> {
    const tensor = tf.scalar(share);
    await this.#average!({ share: tensor });
    tensor.dispose();
  }

  /**
   * What steps on batches of `sizes` images of `shape` need of the device, see {@linkcode DeviceState.preflight}.
   *
   * @param tune whether to find out now which kernels suit them best
   */
  preflight(
    { height, width, channels }: ImageShape,
    sizes: readonly number[],
    tune: boolean,
  ): Promise<Demand | undefined> {
    const passes = passesOf(methodOf(this.#recipe.variant));
    const attack = this.#attack;
    const noises = (steps: number) =>
      attack?.pgd.norm === "l2" ? Array.from({ length: steps }, (_, step) => noiseName(step)) : [];
    const requests = sizes.flatMap((n) => {
      const images = [n, height, width, channels];
      const named = (names: readonly string[]) => ({
        ...Object.fromEntries(names.map((name) => [name, images])),
        labels: [n, this.#classes],
      });
      const memories = passes.includes("mem") ? [[], ["mem"]] : [[]]; // empty in the first epochs
      const seen = attack?.loss === "memory-kl" ? memories : [[]];
      return [
        ...[...this.#attackParts].flatMap(([steps, computation]) =>
          seen.map((mem) => ({
            computation,
            shapes: named(["nat", ...mem, "start", ...noises(steps)]),
          }))
        ),
        ...memories.map((mem) => ({
          computation: this.#descend,
          shapes: named(["nat", ...mem, ...attack ? ["adv"] : []]),
        })),
      ];
    });
    const update = { computation: this.#update, shapes: { rates: [2] } };
    const average = this.#average ? [{ computation: this.#average, shapes: { share: [] } }] : [];
    return this.deviceState.preflight([...requests, update, ...average], tune);
  }

  /** The model as it stands, the caller's to dispose. */
  snapshot(): ModelState {
    const { parameters, buffers, batchesTracked } = this.state;
    return {
      parameters: this.deviceState.snapshot(parameters),
      buffers: this.deviceState.snapshot(buffers),
      batchesTracked,
    };
  }

  /** The average of the weights as it stands, the caller's to dispose; undefined where the recipe keeps none. */
  averaged(): ModelState | undefined {
    if (this.#averaged === undefined) return undefined;
    const { parameters, buffers } = this.#averaged;
    return {
      parameters: this.deviceState.snapshot(parameters),
      buffers: this.deviceState.snapshot(buffers),
      batchesTracked: this.state.batchesTracked,
    };
  }

  /** The momentum buffers as they stand, the caller's to dispose. */
  momenta(): TensorMap {
    return this.deviceState.snapshot(this.optimiser.momenta);
  }

  /** Frees model, optimiser and what was compiled. */
  dispose(): void {
    this.deviceState.dispose();
  }
}

/** The classes that `helper`, in evaluation mode, takes `x` for, one-hot `[N,C]`. */
function labelsBy({ architecture, state }: Helper, x: tf.Tensor4D): tf.Tensor2D {
  const model = freeze(architecture, state);
  const labels = tf.tidy(() => {
    const logits = model.logits(x);
    return tf.cast(tf.oneHot(tf.argMax(logits, 1), architecture.classes), "float32") as tf.Tensor2D;
  });
  model.dispose();
  return labels;
}

/** What a computation calls what is no term, none of which has such a name. */
const WEIGHTS = "@weights", FOOLED = "@fooled";

const noiseName = (step: number) => `noise${step}`;

/** `inputs` by name, as computations take them. */
function namedInputs({ images, labels, memoryRows }: StepInputs): tf.NamedTensorMap {
  return { ...images, labels, ...memoryRows && { memoryRows } };
}

function stepInputs(
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

/** The objective in `recipe`. */
export function objectiveOf(recipe: Recipe): Objective {
  const { variant, memory } = recipe;
  return { method: methodOf(variant), coefficients: recipe, memoryWeight: memory?.weight };
}
