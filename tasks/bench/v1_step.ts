/**
 * The V1 step as training makes it, on random images, without the disk: attack, three passes, one update.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import type { Batch } from "../../src/data/batches.ts";
import { IDENTITY_VIEW } from "../../src/data/augmentation.ts";
import { IMAGE_VALUES } from "../../src/data/dataset.ts";
import { type Architecture, resnet18 } from "../../src/model/architecture.ts";
import { freeze } from "../../src/model/frozen.ts";
import { imageTensor, oneHot } from "../../src/model/inputs.ts";
import { disposeAll, initialise, type ModelState } from "../../src/model/parameters.ts";
import { type Recipe, resolveRecipe } from "../../src/recipe/recipe.ts";
import { attackBatch } from "../../src/train/adversary.ts";
import { Sgd } from "../../src/train/sgd.ts";
import { lossAndGradients } from "../../src/train/step.ts";

const CLASSES = 10;
const RATES = { lr: 0.01, momentum: 0.9 };

/** How long a step took. */
export interface StepSeconds {
  readonly step: number;
  /** The attack's share of it. */
  readonly attack: number;
}

/** A model, its optimiser and one batch with its memory examples. */
export class V1Step {
  readonly #backend: Backend;
  readonly #recipe: Recipe;
  readonly #architecture: Architecture;
  readonly #state: ModelState;
  readonly #optimiser = new Sgd(true);
  readonly #batch: Batch;
  readonly #memory: Float32Array;

  constructor(backend: Backend, width: number, batchSize: number) {
    this.#backend = backend;
    this.#recipe = resolveRecipe({ variant: "v1", width, batchSize });
    this.#architecture = resnet18({ width, classes: CLASSES });
    this.#state = initialise(this.#architecture, this.#recipe.seed);
    const x = Float32Array.from({ length: batchSize * IMAGE_VALUES }, () => Math.random());
    this.#batch = {
      ids: Uint32Array.from({ length: batchSize }, (_, id) => id),
      views: Array(batchSize).fill(IDENTITY_VIEW),
      x,
      y: Uint8Array.from({ length: batchSize }, () => Math.floor(CLASSES * Math.random())),
    };
    const { attackEps } = this.#recipe;
    this.#memory = x.map((value) =>
      Math.min(1, Math.max(0, value + attackEps * (2 * Math.random() - 1)))
    );
  }

  /** Makes one step, from the batch on the host to parameters that are ready for the next. */
  async run(): Promise<StepSeconds> {
    const started = performance.now();
    const labels = oneHot(this.#batch.y, CLASSES);
    const nat = imageTensor(this.#batch.x);
    const mem = imageTensor(this.#memory);
    const adversarial = await this.#attack(nat, labels);
    const attacked = performance.now();
    const images = { nat, adv: imageTensor(adversarial), mem };
    await this.#update(images, labels);
    tf.dispose([images, labels]);
    const ended = performance.now();
    return { step: (ended - started) / 1000, attack: (attacked - started) / 1000 };
  }

  /** Frees the model and the optimiser. */
  dispose(): void {
    disposeAll(this.#state.parameters);
    disposeAll(this.#state.buffers);
    this.#optimiser.dispose();
  }

  async #attack(nat: tf.Tensor4D, labels: tf.Tensor2D): Promise<Float32Array> {
    const model = freeze(this.#architecture, this.#state);
    const inputs = { images: { nat }, labels };
    const epoch = 1;
    try {
      return await attackBatch(model, this.#batch, inputs, this.#recipe, epoch, this.#backend);
    } finally {
      model.dispose();
    }
  }

  async #update(
    images: Record<"nat" | "adv" | "mem", tf.Tensor4D>,
    labels: tf.Tensor2D,
  ): Promise<void> {
    const { beta, betaPrime, memoryWeight } = this.#recipe;
    const { terms, logits, gradients } = lossAndGradients(
      this.#architecture,
      this.#state,
      { variant: "v1", beta: beta!, betaPrime: betaPrime!, memoryWeight: memoryWeight! },
      { images, labels },
    );
    await this.#backend.guard(terms.loss.data());
    this.#optimiser.step(this.#state.parameters, gradients, RATES);
    await this.#backend.guard(this.#state.parameters.get("linear.bias")!.data());
    tf.dispose([{ ...terms }, logits]);
  }
}
