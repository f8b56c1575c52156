/**
 * What training computes, on a model that stays on the device: the attack, the loss with its gradients, the update.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend, Computation, Demand, DeviceState } from "../../backend/backend.ts";
import { moveTowards } from "../../backend/operations/average_step.ts";
import type { ImageShape } from "../../data/dataset.ts";
import { needsHelper, passesOf } from "../../method/method.ts";
import { methodOf } from "../../method/methods.ts";
import type { Architecture } from "../../model/architecture.ts";
import {
  copyOf,
  type ModelState,
  type TensorMap,
  type WeightTensors,
} from "../../model/parameters.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import type { Helper } from "../../run/weights/helper.ts";
import type { Rates } from "../../optimise/schedule.ts";
import { perturbable } from "../../optimise/adversarial_weights.ts";
import { reestimatesStatistics } from "../../optimise/weight_average.ts";
import { rateTensor, Sgd, zeroMomenta } from "../../optimise/sgd.ts";
import { passesMade, type StepInputs } from "../step.ts";
import { type AttackPart, CompiledAttack } from "./compiled_attack.ts";
import { compileObservation } from "./reestimation.ts";
import { CompiledDescent, type Descent, SHARE } from "./compiled_descent.ts";
import { partSizes } from "./images_at_once.ts";

/** What some recipes' learners have beside the network; taken over. */
export interface LearnerExtras {
  /** For a method that needs one. */
  readonly helper?: Helper | undefined;
  /** The average of the weights so far, where the recipe keeps one; the weights themselves unless given. */
  readonly average?: WeightTensors | undefined;
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
  readonly #attack: CompiledAttack | undefined;
  readonly #descent: CompiledDescent;
  readonly #update: Computation;
  /** Absent where the recipe keeps none. */
  readonly #averaged: WeightTensors | undefined;
  readonly #average: Computation | undefined;
  /** Absent where its running statistics are averaged too. */
  readonly #observe: Computation | undefined;

  /**
   * @param state taken over
   * @param momenta taken over; zeros unless given
   */
  constructor(
    recipe: Recipe,
    architecture: Architecture,
    backend: Backend,
    state: ModelState,
    momenta: TensorMap = zeroMomenta(state.parameters),
    { helper, average }: LearnerExtras = {},
  ) {
    if (needsHelper(methodOf(recipe.variant)) && helper === undefined) {
      throw new TypeError(`The method ${recipe.variant} needs a helper.`);
    }
    const { parameters, buffers } = state, reestimates = reestimatesStatistics(recipe.optimiser);
    const gradients = zeroMomenta(parameters);
    this.#recipe = recipe;
    this.#classes = architecture.classes;
    this.state = state;
    this.optimiser = new Sgd(
      { weightDecay: recipe.optimiser.weightDecay, nesterov: true },
      momenta,
    );
    const averaged = recipe.optimiser.average === "none" ? undefined : average ?? copyOf(state);
    const perturbation = recipe.optimiser.awp === undefined
      ? undefined
      : zeroMomenta(perturbable(parameters));
    this.deviceState = backend.deviceState([
      ...[parameters, buffers, momenta, gradients],
      ...perturbation ? [perturbation] : [],
      ...averaged ? [averaged.parameters, averaged.buffers] : [],
      ...helper ? [helper.state.parameters, helper.state.buffers] : [],
    ]);
    this.#averaged = averaged;
    this.#attack = CompiledAttack.of(recipe, architecture, state, this.deviceState);
    const tensors = { state, gradients, perturbation, helper };
    this.#descent = new CompiledDescent(recipe, architecture, this.deviceState, tensors);
    this.#update = this.deviceState.compile(({ rates }) => {
      this.optimiser.step(parameters, gradients, rates as tf.Tensor1D);
      return {};
    });
    this.#average = averaged && this.deviceState.compile(({ share }) => {
      moveTowards(averaged.parameters, parameters, share as tf.Scalar);
      if (!reestimates) moveTowards(averaged.buffers, buffers, share as tf.Scalar);
      return {};
    });
    this.#observe = averaged && reestimates
      ? compileObservation(this.deviceState, architecture, averaged)
      : undefined;
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
    steps?: number,
  ): Promise<AttackPart> {
    if (this.#attack === undefined) throw new TypeError("The recipe has no attack.");
    return await this.#attack.part(inputs, start, noise, steps);
  }

  /**
   * What the recipe's attack maximises at `images`, summed over the batch, on the network in evaluation mode; the caller's to
   * dispose. It costs the passes forward of one iteration, and leaves no trace.
   */
  async attackLoss(inputs: StepInputs, images: tf.Tensor4D): Promise<tf.Scalar> {
    if (this.#attack === undefined) throw new TypeError("The recipe has no attack.");
    return await this.#attack.loss(inputs, images);
  }

  /**
   * The loss and its terms in training mode, the weights in it, and how many `x'` are misclassified, all the caller's to
   * dispose. Moves the running statistics, and keeps the gradients for {@linkcode update}.
   *
   * Of a batch in several parts, loss, terms and gradients are those of all its images: means over the whole batch. Each part
   * is a batch of its own to batch norm alone, as where PyTorch adds up gradients: it is normalised by its own statistics,
   * which are folded into the running ones part by part.
   *
   * @param parts the batch, or the parts that it was cut into
   * @param perturbed whether all of it is at the weights that the recipe's adversary moves to, see `weight_perturbation.ts`
   */
  async descend(parts: readonly StepInputs[], perturbed = false): Promise<Descent> {
    const descent = await this.#descent.run(parts, perturbed);
    const method = methodOf(this.#recipe.variant);
    for (const { images } of parts) this.state.batchesTracked += passesMade(method, images).length;
    return descent;
  }

  /** Moves the parameters along the gradients of the last {@linkcode descend}. */
  async update(rates: Rates): Promise<void> {
    const tensor = rateTensor(rates);
    await this.#update({ rates: tensor });
    tensor.dispose();
  }

  /**
   * Moves the recipe's average of the weights by a `share` of its distance to them: running statistics too, unless they are
   * re-estimated.
   */
  async average(share: number): Promise<void> {
    const tensor = tf.scalar(share);
    await this.#average!({ share: tensor });
    tensor.dispose();
  }

  /**
   * Has the running statistics of the average move by a `share` of their distance to those of `images`
   * `[N,H,W,channels]`, in a recipe that re-estimates them.
   */
  async observe(images: tf.Tensor4D, share: number): Promise<void> {
    if (this.#observe === undefined) throw new TypeError("The recipe re-estimates no statistics.");
    const tensor = tf.scalar(share);
    await this.#observe({ nat: images, share: tensor });
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
    const { variant, microBatch } = this.#recipe, passes = passesOf(methodOf(variant));
    const { ofInputs, others } = this.#descent.computations();
    const parts = sizes.flatMap((size) =>
      partSizes(size, microBatch).map((n) => ({ n, cut: n < size }))
    );
    const requests = parts.flatMap(({ n, cut }) => {
      const images = [n, height, width, channels];
      const named = (names: readonly string[]) => ({
        ...Object.fromEntries(names.map((name) => [name, images])),
        labels: [n, this.#classes],
      });
      const memories = passes.includes("mem") ? [[], ["mem"]] : [[]]; // empty in the first epochs
      return [
        ...this.#attack?.requests(named, memories) ?? [],
        ...memories.flatMap((mem) => {
          const shapes = {
            ...named(["nat", ...mem, ...this.#attack ? ["adv"] : []]),
            ...cut && { [SHARE]: [] },
          };
          return ofInputs.map((computation) => ({ computation, shapes }));
        }),
        ...this.#observe
          ? [{ computation: this.#observe, shapes: { nat: images, share: [] } }]
          : [],
      ];
    });
    const update = { computation: this.#update, shapes: { rates: [2] } };
    const average = this.#average ? [{ computation: this.#average, shapes: { share: [] } }] : [];
    const between = others.map((computation) => ({ computation, shapes: {} }));
    return this.deviceState.preflight([...requests, ...between, update, ...average], tune);
  }

  /** The model as it stands, the caller's to dispose. */
  snapshot(): ModelState {
    return this.#snapshotOf(this.state);
  }

  /** The average of the weights as it stands, the caller's to dispose; undefined where the recipe keeps none. */
  averaged(): ModelState | undefined {
    return this.#averaged && this.#snapshotOf(this.#averaged);
  }

  #snapshotOf({ parameters, buffers }: WeightTensors): ModelState {
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
