/**
 * A recipe's attack on a model under training, compiled for the device where that model stays.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { pgd } from "../../attack/pgd.ts";
import type { Computation, DeviceState, Request } from "../../backend/backend.ts";
import type { Architecture } from "../../model/architecture.ts";
import { freeze } from "../../model/frozen.ts";
import type { ModelState } from "../../model/parameters.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import {
  attackInputs,
  attackLoss,
  attackParts,
  type TrainingAttack,
  trainingAttack,
} from "../inner_attack.ts";
import { namedInputs, type StepInputs, stepInputs } from "../step.ts";

/** What a part of an attack yields. */
export interface AttackPart {
  /** `x'` `[N,H,W,channels]`. */
  readonly adversarial: tf.Tensor4D;
  /** The attack's loss, summed over the batch, where the part's first iteration began and where its last one did. */
  readonly losses: readonly [first: tf.Scalar, last: tf.Scalar];
}

/** The parts of an attack, see {@linkcode attackParts}. */
export class CompiledAttack {
  readonly #how: TrainingAttack;
  /** By its number of iterations. */
  readonly #parts: ReadonlyMap<number, Computation>;
  readonly #loss: Computation;

  private constructor(
    how: TrainingAttack,
    parts: ReadonlyMap<number, Computation>,
    loss: Computation,
  ) {
    this.#how = how;
    this.#parts = parts;
    this.#loss = loss;
  }

  /**
   * The attack in `recipe`, if its method has one.
   *
   * @param state lives in `deviceState`
   */
  static of(
    recipe: Recipe,
    architecture: Architecture,
    state: ModelState,
    deviceState: DeviceState,
  ): CompiledAttack | undefined {
    const how = trainingAttack(recipe);
    if (how === undefined) return undefined;
    const { steps, firstSteps = steps } = recipe.attack!;
    const parts = new Set([steps, firstSteps].flatMap(attackParts));
    return new CompiledAttack(
      how,
      new Map(
        [...parts].map((part) => [part, compilePart(deviceState, architecture, state, how, part)]),
      ),
      compileLoss(deviceState, architecture, state, how),
    );
  }

  /** One part, of so many `steps`: all of the attack's unless given. The rest is as the learner's `attack` has it. */
  async part(
    inputs: StepInputs,
    start: tf.Tensor4D,
    noise: readonly tf.Tensor4D[],
    steps: number = this.#how.pgd.steps,
  ): Promise<AttackPart> {
    const noises = Object.fromEntries(noise.map((images, step) => [noiseName(step), images]));
    const compute = this.#parts.get(steps);
    if (compute === undefined) {
      throw new TypeError(`The recipe's attack has no part of ${steps} steps.`);
    }
    const seen = attackInputs(inputs, this.#how.loss);
    const { adversarial, first, last } = await compute({ ...namedInputs(seen), start, ...noises });
    return {
      adversarial: adversarial as tf.Tensor4D,
      losses: [first as tf.Scalar, last as tf.Scalar],
    };
  }

  /** What the attack maximises at `images`, summed over the batch. The rest is as the learner's `attackLoss` has it. */
  async loss(inputs: StepInputs, images: tf.Tensor4D): Promise<tf.Scalar> {
    const seen = attackInputs(inputs, this.#how.loss);
    const { loss } = await this.#loss({ ...namedInputs(seen), start: images });
    return loss as tf.Scalar;
  }

  /**
   * What the parts and the loss need of the device, see {@linkcode DeviceState.preflight}.
   *
   * @param shapes those of a step's inputs with images of such names
   * @param memories what images of memory examples a step can have, by name
   */
  requests(
    shapes: (images: readonly string[]) => Request["shapes"],
    memories: readonly (readonly string[])[],
  ): Request[] {
    const { loss, pgd: { norm } } = this.#how;
    const seen = loss === "memory-kl" ? memories : [[]];
    const all = [[0, this.#loss] as const, ...this.#parts];
    return all.flatMap(([steps, computation]) => {
      const noises = norm === "l2" ? Array.from({ length: steps }, (_, i) => noiseName(i)) : [];
      return seen.map((mem) => ({
        computation,
        shapes: shapes(["nat", ...mem, "start", ...noises]),
      }));
    });
  }
}

function compilePart(
  deviceState: DeviceState,
  architecture: Architecture,
  state: ModelState,
  how: TrainingAttack,
  steps: number,
): Computation {
  return deviceState.compile(({ start, labels, memoryRows, ...images }) => {
    const model = freeze(architecture, state);
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

/** A forward pass for each distribution that the loss compares, and no gradient. */
function compileLoss(
  deviceState: DeviceState,
  architecture: Architecture,
  state: ModelState,
  how: TrainingAttack,
): Computation {
  return deviceState.compile(({ start, labels, memoryRows, ...images }) => {
    const model = freeze(architecture, state);
    const loss = attackLoss(model, stepInputs(images, labels!, memoryRows), how);
    const value = loss(model.logits(start as tf.Tensor4D));
    model.dispose();
    return { loss: value };
  });
}

const noiseName = (step: number) => `noise${step}`;
