/**
 * One batch of training: make `x'`, take the step, store `x'`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../backend/backend.ts";
import type { Dataset } from "../data/dataset.ts";
import { Interrupted } from "../errors.ts";
import type { Pass } from "../method/method.ts";
import { imageTensor, oneHot } from "../model/inputs.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { StepAttack, StepValues } from "../run/epoch_sums.ts";
import { attackBatch, type BatchAttack, measuresAttack } from "./adversary.ts";
import { type MicroBatch, microBatches, type PreparedBatch } from "./prepare.ts";
import { selectionMatrix } from "./memory/inputs.ts";
import { perturbations } from "./memory/outputs.ts";
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
  /** See {@linkcode leastAtOnce}. */
  readonly least: number;
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
  const { recipe, dataset, backend, least } = context;
  const { learner, memory } = context.session;
  const { batch, last } = prepared;
  const parts = microBatches(prepared, recipe.microBatch);
  const inputs = parts.map((part) => placeInputs(part, dataset.classes.length, least));
  let attack: BatchAttack | undefined;
  if (recipe.attack) {
    const attacking = attackInParts(context, parts, inputs, position);
    whileBusy();
    attack = await attacking.catch((error) => {
      inputs.forEach(freeInputs);
      throw error;
    });
  } else whileBusy();
  const perturbed = perturbsWeights(recipe.optimiser, position.epoch);
  const computed = await learner.descend(inputs, perturbed);
  inputs.forEach(freeInputs);
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

/** Attacks `parts`, puts each's `x'` among its `inputs`, and says what came of all of them together. */
async function attackInParts(
  { recipe, backend, session: { learner }, signal }: BatchContext,
  parts: readonly MicroBatch[],
  inputs: readonly PlacedInputs[],
  { epoch, step }: Position,
): Promise<BatchAttack> {
  const attacks: BatchAttack[] = [], measured = measuresAttack(step);
  for (const [i, { batch, start, iterations }] of parts.entries()) {
    if (i > 0 && signal?.aborted) throw new Interrupted("Stopped within a step.");
    const attack = await attackBatch(learner, batch, inputs[i]!, {
      ...{ recipe, epoch, backend, iterations, measured },
      ...start && { start },
      ...signal && { signal },
    });
    inputs[i]!.images.adv = imageTensor(attack.images, batch.shape);
    attacks.push(attack);
  }
  return attacks.length === 1 ? attacks[0]! : joined(attacks);
}

/** Attacks on parts of a batch as one on all of it. */
function joined(attacks: readonly BatchAttack[]): BatchAttack {
  const values = attacks.reduce((sum, { images }) => sum + images.length, 0);
  const images = new Float32Array(values);
  let offset = 0;
  for (const part of attacks) {
    images.set(part.images, offset);
    offset += part.images.length;
  }
  const mean = (of: (attack: BatchAttack) => number) =>
    attacks.reduce((sum, each) => sum + each.images.length / values * of(each), 0);
  return {
    images,
    lossBefore: mean(({ lossBefore }) => lossBefore),
    lossAfter: mean(({ lossAfter }) => lossAfter),
    // Measured in all parts or in none.
    ...attacks[0]!.lossReached !== undefined &&
      { lossReached: mean(({ lossReached }) => lossReached!) },
  };
}

function freeInputs({ images, labels, memoryRows }: StepInputs): void {
  tf.dispose([Object.values(images), labels]);
  memoryRows?.dispose();
}

/** Inputs whose `x'` is still to come. */
type PlacedInputs = StepInputs & { readonly images: Partial<Record<Pass, tf.Tensor4D>> };

/** A part of the batch on the device, with the memory's examples of it: without, if they are too few for batch norm. */
function placeInputs(
  { batch, memoryInputs }: MicroBatch,
  classes: number,
  least: number,
): PlacedInputs {
  const { ids, x, y, shape } = batch, labels = oneHot(y, classes);
  const images: PlacedInputs["images"] = { nat: imageTensor(x, shape) };
  const { rows } = memoryInputs ?? { rows: [] }, n = ids.length;
  if (memoryInputs === undefined || rows.length < Math.min(least, n)) return { images, labels };
  images.mem = imageTensor(memoryInputs.images, shape);
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
