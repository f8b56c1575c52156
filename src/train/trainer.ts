/**
 * The loop over epochs: prepare, attack, step, store; then evaluate, checkpoint, commit.
 *
 * @module
 */
import { mixedOrder, ownImages } from "../data/auxiliary.ts";
import { epochOrder } from "../data/batches.ts";
import { dataDigest } from "../data/sets/sets.ts";
import { splitTraining, type TrainingSplit } from "../data/split.ts";
import { Interrupted } from "../errors.ts";
import { NotFiniteLogits } from "../evaluate/logits.ts";
import { termsOf, weighedTerm } from "../method/method.ts";
import { methodOf } from "../method/methods.ts";
import type { Architecture } from "../model/architecture.ts";
import { type PreparedBatch, ReadAhead } from "./prepare.ts";
import { afterStep, meansOf } from "../run/epoch_sums.ts";
import { endOf } from "../run/checkpoint/run_end.ts";
import { overfitsCatastrophically } from "../run/overfitting.ts";
import { trainedArchitecture } from "../run/weights/architecture.ts";
import { EventLog, type StepImages } from "../run/tensorboard/event_log.ts";
import type { EpochMetrics, RunLength, StepMetrics } from "../run/metrics.ts";
import { ratesAt } from "../optimise/schedule.ts";
import { averageShare, reestimatesStatistics } from "../optimise/weight_average.ts";
import { imagesAtOnce, leastAtOnce } from "./learner/images_at_once.ts";
import { reestimate } from "./learner/reestimation.ts";
import { DamageTeller } from "./memory/damage.ts";
import {
  bestAfter,
  measureSelection,
  type SelectionAccuracy,
  selectionImages,
  selectionMetrics,
} from "./selection.ts";
import { Session } from "./session.ts";
import type { TrainingRun } from "./training_run.ts";
import { type BatchContext, type Position, trainBatch } from "./train_batch.ts";

/**
 * Trains until the recipe's last epoch, or until it stops early, from wherever the run in `folder` stands.
 *
 * @throws {Interrupted} after a checkpoint, if the signal was aborted
 * @throws {RunError} if the loss is not finite, an attack leaves its bounds, or device or disk fail; the last
 *   checkpoint stays
 */
export async function train(run: TrainingRun): Promise<void> {
  const { recipe, folder, data, backend } = run;
  const architecture = trainedArchitecture(recipe, data.train, folder.record.from);
  const split = splitTraining(ownImages(data.train), recipe.select === "val", recipe.limitTrain);
  const { n: imageCount, shape } = data.train;
  const images = { imageCount, dataSha256: dataDigest(data.train), shape };
  const session = await Session.open(folder, recipe, architecture, images, backend, run.helper)
    .catch(async (error) => {
      // A start that cannot open the run, because its memory's index cannot be reached perhaps, leaves nothing in the way.
      if (folder.isNew) await folder.withdraw();
      throw error;
    });
  try {
    // Not before it is open: a start that is refused leaves the run as it was.
    const { recipe: before } = folder.record, { epochs } = recipe;
    if (epochs > before.epochs) await folder.amend({ recipe: { ...before, epochs } });
    const trainer = new Trainer(run, session, architecture, split);
    while (!trainer.finished()) await trainer.epoch();
  } catch (error) {
    return await backend.guard(Promise.reject(error)); // which tells the cause if that is the device
  } finally {
    await session.close();
  }
}

class Trainer {
  readonly #run: TrainingRun;
  readonly #session: Session;
  readonly #context: BatchContext;
  readonly #architecture: Architecture;
  readonly #split: TrainingSplit;
  readonly #damage: DamageTeller;
  readonly #length: RunLength;
  /** The term that weighs its examples. */
  readonly #weighed: string | undefined;
  /** Of the last step. */
  #images: StepImages | undefined;

  constructor(
    run: TrainingRun,
    session: Session,
    architecture: Architecture,
    split: TrainingSplit,
  ) {
    const { recipe, backend, data, signal } = run;
    this.#run = run;
    this.#session = session;
    this.#damage = new DamageTeller(session.log, run.observer);
    const least = leastAtOnce(architecture, data.train.shape);
    this.#context = {
      recipe,
      dataset: data.train,
      backend,
      session,
      least,
      ...signal && { signal },
    };
    this.#architecture = architecture;
    this.#split = split;
    this.#length = {
      epochs: recipe.epochs,
      stepsPerEpoch: Math.ceil(split.train.length / recipe.batchSize),
      selectionImages: selectionImages(run, split)?.ids.length ?? 0,
    };
    const terms = termsOf(methodOf(recipe.variant), recipe.memory?.weight);
    this.#weighed = weighedTerm(terms)?.name;
    if (!run.tensorboard) return;
    const { stepsPerEpoch } = this.#length, { directory } = run.folder;
    session.log.mirror((last) =>
      new EventLog({ directory, recipe, stepsPerEpoch }, session.progress, last)
    );
  }

  finished(): boolean {
    return endOf(this.#run.recipe, this.#session.progress) !== undefined;
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
    const order = this.#order(epoch);
    const steps = this.#length.stepsPerEpoch;
    const { memory } = session;
    const ahead = new ReadAhead({ recipe, dataset: data.train, memory, epoch, order }, steps);
    const started = performance.now();
    let images = 0;
    for (let step = firstStep; step < steps; step++) {
      if (signal?.aborted) await this.#stop();
      const prepared = await ahead.take(step);
      const position = { epoch, step: step + 1 };
      const metrics = await this.#step(prepared, position, () => ahead.begin(step + 1));
      await this.#damage.tell(prepared.damaged, position);
      images += prepared.batch.ids.length;
      await session.log.append(metrics);
      observer?.onStep?.(metrics, this.#length);
      const every = recipe.checkpointEvery;
      if (every && position.step % every === 0 && position.step < steps) {
        await session.commit();
      }
    }
    const trained = performance.now();
    if (signal?.aborted) await this.#stop();
    await this.#reestimate();
    const accuracy = await this.#select();

    // A resume after the epoch's last step takes none.
    const imagesPerSecond = images > 0
      ? images / ((trained - started) / 1000)
      : session.log.speedBefore(epoch);
    // The weights and the attack's sums are in the epoch's line from here on.
    const { weights: _, attack: __, ...progress } = session.progress;
    const measured: EpochMetrics = {
      kind: "epoch",
      epoch,
      ...meansOf(session.progress, this.#weighed),
      ...accuracy && selectionMetrics(accuracy),
      ...imagesPerSecond && { imagesPerSecond },
      seconds: (performance.now() - started) / 1000,
    };
    const best = bestAfter(session.progress.best, epoch, accuracy);
    session.progress = { ...progress, complete: true, best };
    const collapsed = overfitsCatastrophically(session.log.epochs, measured);
    const metrics: EpochMetrics = {
      ...measured,
      ...collapsed && { overfitting: "catastrophic" },
      ...endOf(recipe, session.progress) === "early-stop" && { ended: "early-stop" },
    };
    await session.log.append(metrics);
    if (this.#images) await session.log.illustrate(epoch, this.#images);
    await session.commit();
    await observer?.onEpoch?.(metrics, this.#length);
  }

  /** The images that `epoch` visits, auxiliary ones among them. */
  #order(epoch: number): Uint32Array {
    const { recipe: { seed, batchSize, auxFraction: fraction }, data } = this.#run;
    const order = epochOrder(this.#split.train, seed, epoch);
    return fraction === undefined
      ? order
      : mixedOrder(order, data.train, { fraction, batchSize }, seed, epoch);
  }

  /** Trains on one batch; advances the session's progress. */
  async #step(
    prepared: PreparedBatch,
    position: Position,
    whileBusy: () => void,
  ): Promise<StepMetrics> {
    const { recipe } = this.#run;
    const started = performance.now();
    const done = (position.epoch - 1) * this.#length.stepsPerEpoch + position.step - 1;
    const rates = ratesAt(recipe.optimiser, this.#length, done);
    const result = await trainBatch(
      this.#context,
      prepared,
      position,
      rates,
      whileBusy,
    ).catch((error) => error instanceof Interrupted ? this.#stop() : Promise.reject(error));

    const n = prepared.batch.ids.length;
    const session = this.#session;
    const share = averageShare(recipe.optimiser, this.#length, done + 1);
    if (share !== undefined) await session.learner.average(share);
    session.progress = afterStep(session.progress, position.step, n, result);
    const { values: { loss, ...terms }, attack } = result, { x: clean, shape } = prepared.batch;
    this.#images = {
      shape,
      clean,
      adversarial: attack?.images,
      memory: prepared.memoryInputs?.images,
    };
    const imagesPerSecond = n / ((performance.now() - started) / 1000);
    return { kind: "step", ...position, loss, terms, ...rates, imagesPerSecond };
  }

  /** Has the averaged weights have running statistics of their own, if the recipe says so. */
  async #reestimate(): Promise<void> {
    const { recipe, data, backend, signal } = this.#run;
    if (!reestimatesStatistics(recipe.optimiser)) return;
    const batchSize = imagesAtOnce(recipe), ids = this.#split.train;
    const settings = { dataset: data.train, ids, batchSize, backend, signal };
    if (!await reestimate(this.#session.learner, settings)) await this.#stop();
  }

  /** Accuracies that the checkpoint is selected by. */
  async #select(): Promise<SelectionAccuracy | undefined> {
    const { learner } = this.#session;
    try {
      return await measureSelection(this.#run, this.#split, this.#architecture, learner);
    } catch (error) {
      if (error instanceof Interrupted) await this.#stop();
      if (!(error instanceof NotFiniteLogits)) throw error;
      throw this.#session.notFinite(`${error.what} after epoch ${this.#session.progress.epoch}`);
    }
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
