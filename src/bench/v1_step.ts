/**
 * The V1 step as training makes it, on random images, without the disk: attack, three passes, one update.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../backend/backend.ts";
import type { Batch } from "../data/batches.ts";
import { IDENTITY_VIEW } from "../data/augmentation.ts";
import { valuesPerImage } from "../data/dataset.ts";
import { CIFAR10 } from "../data/sets/cifar10.ts";
import { buildArchitecture, DEFAULT_ARCHITECTURE } from "../model/architectures/architectures.ts";
import { imageTensor, oneHot } from "../model/inputs.ts";
import { disposeAll, initialise } from "../model/parameters.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import type { AttackRecipe } from "../recipe/sections.ts";
import { attackBatch, attackStart } from "../train/adversary.ts";
import { attackStepsIn } from "../train/inner_attack.ts";
import { Learner } from "../train/learner/learner.ts";
import { secondsOf } from "./timing.ts";

const { shape: SHAPE } = CIFAR10, CLASSES = CIFAR10.classes.length;
/** The first with a memory. */
const EPOCH = 2;
/** Passes of an image in training mode, forward and back to images and weights: `x`, `x'` and `x''`. */
const TRAINING_PASSES = 3 * 3;
/** Passes of an image forwards before the first iteration of an attack that maximises a divergence: of `x`, and of `x''`. */
const REFERENCES = { ce: 0, kl: 1, "memory-kl": 2 } as const;
const RATES = { lr: 0.01, momentum: 0.9 };

/** How long a step took. */
export interface StepSeconds {
  readonly step: number;
  /** The attack's share of it. */
  readonly attack: number;
}

/** A model under training and one batch with its memory examples. */
export class V1Step {
  readonly #backend: Backend;
  readonly #recipe: Recipe;
  readonly #learner: Learner;
  readonly #batch: Batch;
  readonly #memory: Float32Array;

  /** @param attack of the step; the paper's unless given */
  constructor(
    backend: Backend,
    width: number,
    batchSize: number,
    attack: Partial<AttackRecipe> = {},
  ) {
    this.#backend = backend;
    this.#recipe = resolveRecipe({ variant: "v1", width, batchSize, attack });
    const architecture = buildArchitecture(DEFAULT_ARCHITECTURE, { width, classes: CLASSES });
    const state = initialise(architecture, this.#recipe.seed);
    this.#learner = new Learner(this.#recipe, architecture, backend, state);
    const x = Float32Array.from({ length: batchSize * valuesPerImage(SHAPE) }, () => Math.random());
    this.#batch = {
      ids: Uint32Array.from({ length: batchSize }, (_, id) => id),
      views: Array(batchSize).fill(IDENTITY_VIEW),
      shape: SHAPE,
      x,
      y: Uint8Array.from({ length: batchSize }, () => Math.floor(CLASSES * Math.random())),
    };
    const { epsilon } = this.#recipe.threat;
    this.#memory = x.map((value) =>
      Math.min(1, Math.max(0, value + epsilon * (2 * Math.random() - 1)))
    );
  }

  /** How often an image passes the network in a step, forwards or back. */
  get passes(): number {
    return this.attackPasses + TRAINING_PASSES;
  }

  /** Those of them that the attack makes: two in each iteration, and one for every distribution that it keeps away from. */
  get attackPasses(): number {
    const { loss } = this.#recipe.attack!;
    return 2 * attackStepsIn(this.#recipe, EPOCH)! + REFERENCES[loss];
  }

  /** Makes one step, from the batch on the host to parameters that are ready for the next. */
  async run(): Promise<StepSeconds> {
    const learner = this.#learner, backend = this.#backend;
    const started = performance.now();
    const inputs = this.inputs();
    const adv = imageTensor(await this.#attack(inputs), SHAPE);
    const attacked = performance.now();
    const { terms, weights, fooled } = await this.#descend(inputs, adv);
    await backend.guard(terms.loss.data());
    await learner.update(RATES);
    const model = learner.snapshot();
    await backend.guard(model.parameters.get("linear.bias")!.data());
    tf.dispose([inputs, adv, { ...terms }, weights!, fooled!]);
    [model.parameters, model.buffers].forEach(disposeAll);
    const ended = performance.now();
    return { step: (ended - started) / 1000, attack: (attacked - started) / 1000 };
  }

  /** Makes the attack of a step alone, from the batch on the host to adversarial images there; returns its seconds. */
  attack(): Promise<number> {
    return secondsOf(async () => {
      const inputs = this.inputs();
      await this.#attack(inputs);
      tf.dispose(inputs);
    });
  }

  /** The batch on the device, the caller's to dispose. */
  inputs() {
    const nat = imageTensor(this.#batch.x, SHAPE), mem = imageTensor(this.#memory, SHAPE);
    return { images: { nat, mem }, labels: oneHot(this.#batch.y, CLASSES) };
  }

  /** Asks the device for one step on `inputs`, and neither waits for it nor reads anything. */
  async submit(inputs: ReturnType<V1Step["inputs"]>): Promise<void> {
    const attack = await this.#learner.attack(inputs, inputs.images.nat, []);
    const { terms, weights, fooled } = await this.#descend(inputs, attack.adversarial);
    await this.#learner.update(RATES);
    tf.dispose([attack.adversarial, ...attack.losses, { ...terms }, weights!, fooled!]);
  }

  /** Adversarial images, on the host. */
  async #attack(inputs: ReturnType<V1Step["inputs"]>): Promise<Float32Array> {
    const recipe = this.#recipe, batch = this.#batch;
    const memory = { images: this.#memory, rows: [...batch.ids.keys()] };
    const start = attackStart(recipe, batch, EPOCH, memory)!;
    const context = { recipe, epoch: EPOCH, backend: this.#backend, start };
    return (await attackBatch(this.#learner, batch, inputs, context)).images;
  }

  #descend({ images, labels }: ReturnType<V1Step["inputs"]>, adv: tf.Tensor4D) {
    return this.#learner.descend([{ images: { ...images, adv }, labels }]);
  }

  /** Frees the model and the optimiser. */
  dispose(): void {
    this.#learner.dispose();
  }
}
