/**
 * One batch of training: make `x'`, take the step, store `x'`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../backend/backend.ts";
import type { Batch } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Pass } from "../method/method.ts";
import { imageTensor, oneHot } from "../model/inputs.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { StepAttack, StepValues } from "../run/epoch_sums.ts";
import { attackBatch, type BatchAttack } from "./adversary.ts";
import type { PreparedBatch } from "./prepare.ts";
import { type MemoryInputs, selectionMatrix } from "./memory_inputs.ts";
import { perturbations } from "./memory_outputs.ts";
import type { Rates } from "../optimise/schedule.ts";
import { perturbsWeights } from "../optimise/weight_perturbation.ts";
import type { Session } from "./session.ts";
import type { Descent } from "./learner/compiled_descent.ts";
import type { StepInputs } from "./step.ts";

/** What every batch of a run has in common. */
export interface BatchContext {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  readonly backend: Backend;
  readonly session: Session;
  /** Heard within a long attack. */
  readonly signal?: AbortSignal;
}

/** The loss and its terms by name, means over the batch. */
export interface LossValues {
  readonly loss: number;
  readonly [term: string]: number;
}

/** What a step computed. */
export interface BatchResult extends StepValues {
  readonly values: LossValues;
  /** Absent where nothing is attacked. */
  readonly attack?: BatchAttack & StepAttack;
}

/** Where a run is; both count from 1. */
export interface Position {
  readonly epoch: number;
  readonly step: number;
}

/**
 * Trains on a batch: updates the session's model and optimiser, and adds the adversarial examples to its memory.
 *
 * @param whileBusy is called when the device has the most to do
 * @throws {Interrupted} if the signal is aborted within the attack; nothing of the batch has an effect then
 * @throws {RunError} if the loss is not finite (before the model is updated), the attack leaves its bounds, or the
 *   device, the disk or the memory fails
 */
export async function trainBatch(
  context: BatchContext,
  prepared: PreparedBatch,
  position: Position,
  rates: Rates,
  whileBusy: () => void,
): Promise<BatchResult> {
  const { recipe, dataset, backend, signal } = context;
  const { learner, memory } = context.session;
  const { batch, start, memoryInputs, last } = prepared;
  const { y, shape } = batch;
  const inputs = placeInputs(batch, oneHot(y, dataset.classes.length), memoryInputs);
  const { images } = inputs;
  let attack: BatchAttack | undefined;
  if (recipe.attack) {
    const attacking = attackBatch(learner, batch, inputs, {
      recipe,
      epoch: position.epoch,
      backend,
      ...start && { start },
      ...signal && { signal },
    });
    whileBusy();
    attack = await attacking.catch((error) => {
      freeInputs(inputs);
      throw error;
    });
    images.adv = imageTensor(attack.images, shape);
  } else whileBusy();
  const perturbed = perturbsWeights(recipe.optimiser, position.epoch);
  const computed = await learner.descend(inputs, perturbed);
  freeInputs(inputs);
  // The device is at work on the gradients.
  if (memory && recipe.memory && attack) {
    const { views, deltas } = perturbations(recipe.memory, dataset, batch, attack.images, last);
    await memory.write(batch.ids, views, deltas);
  }
  const { fooled, ...result } = await readBack(computed, backend), { values } = result;
  if (!Object.values(values).every(Number.isFinite)) {
    const said = Object.entries(values).map(([name, value]) => `${name} ${value}`).join(", ");
    const { epoch, step } = position;
    throw context.session.notFinite(
      `The loss is not finite in epoch ${epoch}, step ${step} (${said})`,
    );
  }
  await learner.update(rates);
  return { ...result, ...attack && { attack: { ...attack, fooled: fooled! } } };
}

function freeInputs({ images, labels, memoryRows }: StepInputs): void {
  tf.dispose([Object.values(images), labels]);
  memoryRows?.dispose();
}

/** The batch on the device, with the memory's examples of it. */
function placeInputs(
  { ids, x, shape }: Batch,
  labels: tf.Tensor2D,
  memoryInputs: MemoryInputs | undefined,
): StepInputs & { images: Partial<Record<Pass, tf.Tensor4D>> } {
  const images: Partial<Record<Pass, tf.Tensor4D>> = { nat: imageTensor(x, shape) };
  if (memoryInputs === undefined || memoryInputs.rows.length === 0) return { images, labels };
  images.mem = imageTensor(memoryInputs.images, shape);
  const { rows } = memoryInputs, n = ids.length;
  const matrix = selectionMatrix(rows, n);
  return matrix
    ? { images, labels, memoryRows: tf.tensor2d(matrix, [rows.length, n]) }
    : { images, labels };
}

/** The terms, the weights and how many were fooled, on the host; disposes them. */
async function readBack(
  { terms, weights, fooled }: Descent,
  backend: Backend,
): Promise<Pick<BatchResult, "values" | "weights"> & { fooled?: number }> {
  const entries = Object.entries(terms) as [string, tf.Scalar][];
  const tensors = [...entries.map(([, scalar]) => scalar), ...fooled ? [fooled] : []];
  const all = weights ? [...tensors, weights] : tensors;
  // Side by side: Deno waits 10 ms for each.
  const read = await backend.guard(
    Promise.all(all.map((tensor: tf.Tensor) => tensor.data<"float32">())),
  );
  const values: { loss: number; [term: string]: number } = { loss: NaN };
  entries.forEach(([name], i) => values[name] = read[i]![0]!);
  tf.dispose(all);
  return {
    values,
    ...fooled && { fooled: read[entries.length]![0]! },
    ...weights && { weights: read.at(-1)! },
  };
}
