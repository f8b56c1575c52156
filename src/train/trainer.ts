/**
 * The loop over epochs: attack, recall, step, remember; then evaluate, checkpoint, commit.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../backend/backend.ts";
import { type Batch, epochOrder, firstIndices, trainingBatch } from "../data/batches.ts";
import type { Dataset, Splits } from "../data/dataset.ts";
import { splitTraining, type TrainingSplit } from "../data/split.ts";
import { Interrupted, RunError } from "../errors.ts";
import { type Accuracy, evaluateAccuracy } from "../evaluate/evaluate.ts";
import type { Objective } from "../loss/objective.ts";
import { type Pass, VARIANT_TRAITS } from "../loss/variants.ts";
import { type Architecture, resnet18 } from "../model/architecture.ts";
import { freeze } from "../model/frozen.ts";
import { imageTensor, oneHot } from "../model/inputs.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { attackBatch } from "./adversary.ts";
import { recall, selectionMatrix } from "./recall.ts";
import type { RunFolder } from "./run_folder.ts";
import type { EpochMetrics, StepMetrics } from "./run_log.ts";
import { ratesAt } from "./schedule.ts";
import { Session } from "./session.ts";
import { lossAndGradients, type StepInputs } from "./step.ts";

/** Who watches a run. */
export interface TrainingObserver {
  onStep?(metrics: StepMetrics, length: { epochs: number; stepsPerEpoch: number }): void;
  onEpoch?(metrics: EpochMetrics, length: { epochs: number }): void;
}

/** A run to make or to continue. */
export interface TrainingRun {
  readonly recipe: Recipe;
  readonly folder: RunFolder;
  readonly data: Splits;
  readonly backend: Backend;
  readonly observer?: TrainingObserver;
  /** Checkpoints after the current step and stops. */
  readonly signal?: AbortSignal;
}

/**
 * Trains until the recipe's last epoch, from wherever the run in `folder` stands.
 *
 * @throws {Interrupted} after a checkpoint, if the signal was aborted
 * @throws {RunError} if the loss is not finite, an attack leaves its bounds, or device or disk fail; the last
 *   checkpoint stays
 */
export async function train(run: TrainingRun): Promise<void> {
  const { recipe, folder, data } = run;
  const architecture = resnet18({ width: recipe.width, classes: data.train.classes.length });
  const split = splitTraining(data.train.n, recipe.select === "val", recipe.limitTrain);
  const session = await Session.open(folder, recipe, architecture, data.train.n);
  try {
    const trainer = new Trainer(run, session, architecture, split);
    while (!trainer.finished()) await trainer.epoch();
  } finally {
    await session.close();
  }
}

class Trainer {
  readonly #run: TrainingRun;
  readonly #session: Session;
  readonly #architecture: Architecture;
  readonly #split: TrainingSplit;
  readonly #objective: Objective;
  readonly #length: { readonly epochs: number; readonly stepsPerEpoch: number };

  constructor(
    run: TrainingRun,
    session: Session,
    architecture: Architecture,
    split: TrainingSplit,
  ) {
    const { variant, beta, betaPrime, memoryWeight, epochs, batchSize } = run.recipe;
    this.#run = run;
    this.#session = session;
    this.#architecture = architecture;
    this.#split = split;
    this.#objective = {
      variant,
      beta: beta ?? 0,
      betaPrime: betaPrime ?? 0,
      memoryWeight: memoryWeight ?? "uniform",
    };
    this.#length = { epochs, stepsPerEpoch: Math.ceil(split.train.length / batchSize) };
  }

  finished(): boolean {
    const { epoch, complete } = this.#session.progress;
    return complete && epoch >= this.#length.epochs;
  }

  /** Runs the next epoch, or the rest of the one that was interrupted. */
  async epoch(): Promise<void> {
    const { recipe, data, observer, signal } = this.#run;
    const session = this.#session;
    if (session.progress.complete) {
      const epoch = session.progress.epoch + 1;
      session.progress = { ...session.progress, epoch, step: 0, complete: false, sums: {} };
    }
    const { epoch, step: firstStep } = session.progress;
    await session.memory?.begin(epoch);
    const order = epochOrder(this.#split.train, recipe.seed, epoch);
    const started = performance.now();
    let images = 0;
    for (let step = firstStep; step < this.#length.stepsPerEpoch; step++) {
      if (signal?.aborted) await this.#stop();
      const batch = trainingBatch(data.train, order, step, recipe.batchSize, recipe.seed, epoch);
      const metrics = await this.#step(batch, epoch, step);
      images += batch.ids.length;
      await session.log.append(metrics);
      observer?.onStep?.(metrics, this.#length);
      const position = step + 1;
      const every = recipe.checkpointEvery;
      if (every && position % every === 0 && position < this.#length.stepsPerEpoch) {
        await session.commit();
      }
    }
    const trained = performance.now();
    if (signal?.aborted) await this.#stop();
    const accuracy = await this.#select();

    const { examples = 1, loss = 0, ...terms } = session.progress.sums;
    const metrics: EpochMetrics = {
      kind: "epoch",
      epoch,
      loss: loss / examples,
      terms: mapValues(terms, (sum) => sum / examples),
      ...accuracy && {
        cleanAccuracy: accuracy.clean.accuracy,
        robustAccuracy: accuracy.robust.accuracy,
      },
      imagesPerSecond: images / ((trained - started) / 1000),
      seconds: (performance.now() - started) / 1000,
    };
    session.progress = { ...session.progress, complete: true, best: this.#best(epoch, accuracy) };
    await session.log.append(metrics);
    await session.commit();
    observer?.onEpoch?.(metrics, this.#length);
  }

  /** One optimisation step; advances the session's progress. */
  async #step(batch: Batch, epoch: number, step: number): Promise<StepMetrics> {
    const { recipe, backend, data } = this.#run;
    const { state, optimiser, memory } = this.#session;
    const started = performance.now();
    const { passes } = VARIANT_TRAITS[recipe.variant];
    const remembered = memory?.has(epoch - 1)
      ? await recall(memory, epoch - 1, data.train, batch.ids)
      : undefined;
    const nat = imageTensor(batch.x);
    const images: Partial<Record<Pass, tf.Tensor4D>> = { nat };
    const labels = oneHot(batch.y, data.train.classes.length);
    let memoryRows: tf.Tensor2D | undefined;
    if (remembered !== undefined && remembered.rows.length > 0) {
      images.mem = imageTensor(remembered.images);
      const matrix = selectionMatrix(remembered.rows, batch.ids.length);
      memoryRows = matrix && tf.tensor2d(matrix, [remembered.rows.length, batch.ids.length]);
    }
    const inputs: StepInputs = { images, labels, ...memoryRows && { memoryRows } };
    if (passes.includes("adv")) {
      const model = freeze(this.#architecture, state);
      const adversarial = await attackBatch(model, batch, inputs, recipe, epoch, backend);
      model.dispose();
      images.adv = imageTensor(adversarial);
      const deltas = adversarial.map((value, i) => value - batch.x[i]!);
      await memory?.write(batch.ids, batch.views, deltas);
    }
    const { terms, logits, gradients } = lossAndGradients(
      this.#architecture,
      state,
      this.#objective,
      inputs,
    );
    tf.dispose([Object.values(images), Object.values(logits), labels, memoryRows ?? []]);
    const values: Record<string, number> = {};
    for (const [name, scalar] of Object.entries(terms) as [string, tf.Scalar][]) {
      values[name] = (await backend.guard(scalar.data()))[0]!;
    }
    tf.dispose(Object.values(terms));
    this.#refuseNonFinite(values, epoch, step);
    const position = (epoch - 1) * this.#length.stepsPerEpoch + step;
    const rates = ratesAt(recipe.schedule, recipe.lr, this.#length, position);
    optimiser.step(state.parameters, gradients, rates);

    const n = batch.ids.length;
    const sums = { ...this.#session.progress.sums };
    for (const [name, value] of Object.entries({ ...values, examples: 1 })) {
      sums[name] = (sums[name] ?? 0) + value * n;
    }
    this.#session.progress = { ...this.#session.progress, step: step + 1, sums };
    const { loss, ...parts } = values;
    return {
      kind: "step",
      epoch,
      step: step + 1,
      loss: loss!,
      terms: parts,
      ...rates,
      imagesPerSecond: n / ((performance.now() - started) / 1000),
    };
  }

  #refuseNonFinite(values: Record<string, number>, epoch: number, step: number): void {
    if (Object.values(values).every(Number.isFinite)) return;
    const terms = Object.entries(values).map(([name, value]) => `${name} ${value}`).join(", ");
    throw new RunError(
      `The loss is not finite in epoch ${epoch}, step ${step + 1} (${terms}): ` +
        `the last checkpoint is kept; try a lower --lr.`,
    );
  }

  /** Accuracies of the model on what the checkpoint is selected on. */
  async #select(): Promise<{ clean: Accuracy; robust: Accuracy } | undefined> {
    const { recipe, backend, data, signal } = this.#run;
    if (recipe.select === "none") return undefined;
    const [dataset, ids]: [Dataset, Uint32Array] = recipe.select === "val"
      ? [data.train, this.#split.validation]
      : [data.test, firstIndices(data.test.n, recipe.limitTest)];
    const settings = {
      backend,
      dataset,
      ids,
      batchSize: recipe.batchSize,
      seed: recipe.seed,
      attack: { norm: recipe.attackNorm, epsilon: recipe.attackEps },
      ...signal && { signal },
    };
    const model = freeze(this.#architecture, this.#session.state);
    try {
      return {
        clean: await evaluateAccuracy("clean", model, settings),
        robust: await evaluateAccuracy("pgd20", model, settings),
      };
    } catch (error) {
      if (error instanceof Interrupted) await this.#stop();
      throw error;
    } finally {
      model.dispose();
    }
  }

  #best(epoch: number, accuracy: { robust: Accuracy } | undefined) {
    const { best } = this.#session.progress;
    if (accuracy === undefined) return best;
    const { accuracy: robust } = accuracy.robust;
    return best === undefined || robust > best.accuracy ? { epoch, accuracy: robust } : best;
  }

  /** Saves everything done so far and ends the run. */
  async #stop(): Promise<never> {
    await this.#session.commit();
    const { epoch, step } = this.#session.progress;
    throw new Interrupted(
      `Stopped in epoch ${epoch} after step ${step}; everything so far is saved.`,
    );
  }
}

function mapValues(values: Record<string, number>, change: (value: number) => number) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
