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
import { resnet18 } from "../../src/model/architecture.ts";
import { imageTensor, oneHot } from "../../src/model/inputs.ts";
import { disposeAll, initialise } from "../../src/model/parameters.ts";
import { type Recipe, resolveRecipe } from "../../src/recipe/recipe.ts";
import { attackBatch } from "../../src/train/adversary.ts";
import { Learner } from "../../src/train/learner.ts";

const CLASSES = 10, EPOCH = 1;
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

  constructor(backend: Backend, width: number, batchSize: number) {
    this.#backend = backend;
    this.#recipe = resolveRecipe({ variant: "v1", width, batchSize });
    const architecture = resnet18({ width, classes: CLASSES });
    const state = initialise(architecture, this.#recipe.seed);
    this.#learner = new Learner(this.#recipe, architecture, backend, state);
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
    const learner = this.#learner, backend = this.#backend, batch = this.#batch;
    const started = performance.now();
    const labels = oneHot(batch.y, CLASSES);
    const nat = imageTensor(batch.x), mem = imageTensor(this.#memory);
    const inputs = { images: { nat, mem }, labels };
    const adversarial = await attackBatch(learner, batch, inputs, this.#recipe, EPOCH, backend);
    const attacked = performance.now();
    const images = { nat, adv: imageTensor(adversarial), mem };
    const terms = await learner.descend({ images, labels });
    await backend.guard(terms.loss.data());
    await learner.update(RATES);
    const model = learner.snapshot();
    await backend.guard(model.parameters.get("linear.bias")!.data());
    tf.dispose([images, labels, { ...terms }]);
    [model.parameters, model.buffers].forEach(disposeAll);
    const ended = performance.now();
    return { step: (ended - started) / 1000, attack: (attacked - started) / 1000 };
  }

  /** Frees the model and the optimiser. */
  dispose(): void {
    this.#learner.dispose();
  }
}
