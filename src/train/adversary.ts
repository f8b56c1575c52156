/**
 * The inner maximisation of a training step: `x'` for a batch, made on the model as it stands, in evaluation mode.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assertWithinBounds } from "../attack/bounds.ts";
import { continueFrom, gaussianStart, normalNoise, uniformStart } from "../attack/start.ts";
import type { Backend } from "../backend/backend.ts";
import type { Batch } from "../data/batches.ts";
import { valuesPerImage } from "../data/dataset.ts";
import { Interrupted } from "../errors.ts";
import { imageTensor } from "../model/inputs.ts";
import { Purpose } from "../random/stream.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Learner } from "./learner.ts";
import {
  attackParts,
  attackStepsIn,
  startsFromMemory,
  type TrainingAttack,
  trainingAttack,
} from "./inner_attack.ts";
import type { MemoryInputs } from "./memory_inputs.ts";
import type { StepInputs } from "./step.ts";

/** What the attack on a batch needs to know beside the batch. */
export interface AttackContext {
  readonly recipe: Recipe;
  readonly epoch: number;
  readonly backend: Backend;
  /** `x''` of the batch, which attacks may start from. */
  readonly memory?: MemoryInputs | undefined;
  /** Heard between two parts of a long attack. */
  readonly signal?: AbortSignal;
}

/** What the attack on a batch came to. Losses are means over the batch, of what the attack maximises, before the step. */
export interface BatchAttack {
  /** `x'`, N images with values in [0,1], NHWC. */
  readonly images: Float32Array;
  /** Where the attack started. */
  readonly lossBefore: number;
  /** Where its last iteration began: that iteration's gradient tells it, and one pass more would have to be paid for. */
  readonly lossAfter: number;
}

/**
 * Adversarial images for `batch` against the learner's present model, on the host, checked against their bounds.
 *
 * @param inputs the same batch on the device; its `mem` images are used by the `memory-kl` loss alone
 * @throws {Interrupted} if the signal is aborted
 * @throws {RunError} if the attack left its bounds or the device failed
 */
export async function attackBatch(
  learner: Learner,
  batch: Batch,
  inputs: StepInputs,
  context: AttackContext,
): Promise<BatchAttack> {
  const { recipe, epoch, backend, signal } = context, { seed } = recipe;
  const attack = trainingAttack(recipe), iterations = attackStepsIn(recipe, epoch);
  if (attack === undefined || iterations === undefined) {
    throw new TypeError(`The method ${recipe.variant} does not attack.`);
  }
  const { pgd: options } = attack;
  const { ids, x, shape } = batch;
  let adversarial = imageTensor(startOf(batch, attack, context), shape);
  const noiseAt = (step: number) =>
    imageTensor(normalNoise(ids, valuesPerImage(shape), seed, epoch, step), shape);
  let step = 0, values: Float32Array = x, lossBefore = NaN, lossAfter = NaN;
  for (const steps of attackParts(iterations)) {
    if (step > 0 && signal?.aborted) {
      adversarial.dispose();
      throw new Interrupted("Stopped within a step.");
    }
    const first = step;
    const noise = options.norm === "linf"
      ? []
      : Array.from({ length: steps }, (_, i) => noiseAt(first + i));
    const next = await learner.attack(inputs, adversarial, noise, steps);
    const losses = next.losses;
    // Side by side: Deno waits 10 ms for each.
    const [read, ...summed] = await Promise.all(
      [next.adversarial, ...losses].map((tensor: tf.Tensor) =>
        backend.guard(tensor.data<"float32">())
      ),
    );
    values = read!;
    const [before, after] = summed.map(([sum]) => sum! / ids.length);
    if (step === 0) lossBefore = before!;
    lossAfter = after!;
    tf.dispose([adversarial, noise, ...losses]);
    adversarial = next.adversarial;
    step += steps;
  }
  adversarial.dispose();
  assertWithinBounds(x, values, options, ids);
  return { images: values, lossBefore, lossAfter };
}

/** Where the attack on `batch` starts: at the memory examples that there are, else where the method says. */
function startOf(
  { ids, x }: Batch,
  { start, pgd }: TrainingAttack,
  { recipe, epoch, memory }: AttackContext,
): Float32Array {
  const earlier = startsFromMemory(recipe, epoch) ? memory : undefined, { seed } = recipe;
  const images = earlier?.rows.length === ids.length
    ? new Float32Array(x.length) // no draw is needed
    : start === "uniform"
    ? uniformStart(x, ids, pgd, seed, Purpose.attackStart, epoch)
    : gaussianStart(x, ids, seed, epoch);
  if (earlier) continueFrom(images, x, earlier.images, earlier.rows, pgd);
  return images;
}
