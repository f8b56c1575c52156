/**
 * One batch of training: recall `x''`, make `x'`, take the step, remember `x'`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../backend/backend.ts";
import type { Batch } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { RunError } from "../errors.ts";
import type { LossTerms, Objective } from "../loss/objective.ts";
import { type Pass, VARIANT_TRAITS } from "../loss/variants.ts";
import type { DamagedExample } from "../memory/store.ts";
import type { Architecture } from "../model/architecture.ts";
import { freeze } from "../model/frozen.ts";
import { imageTensor, oneHot } from "../model/inputs.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { attackBatch } from "./adversary.ts";
import { recall, selectionMatrix } from "./recall.ts";
import type { Rates } from "./schedule.ts";
import type { Session } from "./session.ts";
import { lossAndGradients, type StepInputs } from "./step.ts";

/** What every batch of a run has in common. */
export interface BatchContext {
  readonly recipe: Recipe;
  readonly architecture: Architecture;
  readonly dataset: Dataset;
  readonly backend: Backend;
  readonly session: Session;
  /** Is told of memory examples that are damaged: the step does without them. Absent if they stop the run. */
  readonly onDamage?: (damaged: DamagedExample) => void;
}

/** The loss and its terms by name, means over the batch. */
export type LossValues = Readonly<Record<keyof LossTerms, number>>;

/** Where a run is; both count from 1. */
export interface Position {
  readonly epoch: number;
  readonly step: number;
}

/**
 * Trains on `batch`: updates the session's model and optimiser, and adds the adversarial examples to its
 * memory.
 *
 * @throws {RunError} if the loss is not finite (before anything is updated), the attack leaves its bounds, or the
 *   device, the disk or the memory fails
 */
export async function trainBatch(
  context: BatchContext,
  batch: Batch,
  position: Position,
  rates: Rates,
): Promise<LossValues> {
  const { recipe, architecture, backend } = context;
  const { state, optimiser } = context.session;
  const inputs = await makeInputs(context, batch, position.epoch);
  const { terms, logits, gradients } = lossAndGradients(
    architecture,
    state,
    objectiveOf(recipe),
    inputs,
  );
  tf.dispose([Object.values(inputs.images), Object.values(logits), inputs.labels]);
  inputs.memoryRows?.dispose();
  const values = await readTerms(terms, backend);
  refuseNonFinite(values, position);
  optimiser.step(state.parameters, gradients, rates);
  return values;
}

/** The objective in `recipe`; coefficients that its variant lacks are zero and never looked at. */
function objectiveOf({ variant, beta, betaPrime, memoryWeight }: Recipe): Objective {
  return {
    variant,
    beta: beta ?? 0,
    betaPrime: betaPrime ?? 0,
    memoryWeight: memoryWeight ?? "uniform",
  };
}

/** The batch on the device, with the memory's examples and this step's adversarial ones where the variant has them. */
async function makeInputs(context: BatchContext, batch: Batch, epoch: number): Promise<StepInputs> {
  const { recipe, architecture, dataset, backend, session: { state, memory } } = context;
  // Before anything is on the device: this may end the run.
  const remembered = memory?.has(epoch - 1)
    ? await recall(memory, epoch - 1, dataset, batch.ids, context.onDamage)
    : undefined;
  const images: Partial<Record<Pass, tf.Tensor4D>> = { nat: imageTensor(batch.x) };
  const labels = oneHot(batch.y, dataset.classes.length);
  let memoryRows: tf.Tensor2D | undefined;
  if (remembered !== undefined && remembered.rows.length > 0) {
    const { images: recalled, rows } = remembered;
    images.mem = imageTensor(recalled);
    const matrix = selectionMatrix(rows, batch.ids.length);
    if (matrix) memoryRows = tf.tensor2d(matrix, [rows.length, batch.ids.length]);
  }
  const inputs: StepInputs = { images, labels, ...memoryRows && { memoryRows } };
  if (!VARIANT_TRAITS[recipe.variant].passes.includes("adv")) return inputs;

  const model = freeze(architecture, state);
  const adversarial = await attackBatch(model, batch, inputs, recipe, epoch, backend);
  model.dispose();
  const deltas = adversarial.map((value, i) => value - batch.x[i]!);
  await memory?.write(batch.ids, batch.views, deltas);
  return { ...inputs, images: { ...images, adv: imageTensor(adversarial) } };
}

/** The terms on the host; disposes them. */
async function readTerms(terms: LossTerms, backend: Backend): Promise<LossValues> {
  const entries = Object.entries(terms) as [string, tf.Scalar][];
  const values: Record<string, number> = {};
  for (const [name, scalar] of entries) values[name] = (await backend.guard(scalar.data()))[0]!;
  tf.dispose(entries.map(([, scalar]) => scalar));
  return values as LossValues;
}

function refuseNonFinite(values: LossValues, { epoch, step }: Position): void {
  if (Object.values(values).every(Number.isFinite)) return;
  const terms = Object.entries(values).map(([name, value]) => `${name} ${value}`).join(", ");
  throw new RunError(
    `The loss is not finite in epoch ${epoch}, step ${step} (${terms}): ` +
      "the last checkpoint is kept; try a lower --lr.",
  );
}
