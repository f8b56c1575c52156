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
import type { StepAttack } from "../run/epoch_sums.ts";
import type { Learner } from "./learner/learner.ts";
import { attackParts, attackStepsIn, startsFromMemory, trainingAttack } from "./inner_attack.ts";
import type { MemoryInputs } from "./memory/inputs.ts";
import type { StepInputs } from "./step.ts";

/** What the attack on a batch needs to know beside the batch. */
export interface AttackContext {
  readonly recipe: Recipe;
  readonly epoch: number;
  readonly backend: Backend;
  /** What {@linkcode attackStart} gives, if it has been asked already. */
  readonly start?: Float32Array;
  /** As many as {@linkcode attackStepsIn} says of the epoch, unless given. */
  readonly iterations?: number | undefined;
  /** Whether to measure what the attack maximises at `x'` too. */
  readonly measured?: boolean;
  /** Heard between two parts of a long attack. */
  readonly signal?: AbortSignal;
}

/** Steps from one that measures where its attack ended to the next: a measurement takes passes forward that train nothing. */
const MEASURED_EVERY = 16;

/** Whether `step` (from 1 in every epoch) measures where its attack ended. */
export function measuresAttack(step: number): boolean {
  return (step - 1) % MEASURED_EVERY === 0;
}

/** What the attack on a batch came to, before the step. */
export interface BatchAttack extends Omit<StepAttack, "fooled"> {
  /** `x'`, N images with values in [0,1], NHWC. */
  readonly images: Float32Array;
}

/**
 * Where the attack of `recipe` on `batch` begins: at the memory examples that there are in an epoch that starts from them,
 * else where the method says; undefined for a method that does not attack.
 *
 * @param memory `x''` of the batch
 */
export function attackStart(
  recipe: Recipe,
  { ids, x }: Batch,
  epoch: number,
  memory?: MemoryInputs,
): Float32Array | undefined {
  const attack = trainingAttack(recipe), { seed } = recipe;
  if (attack === undefined) return undefined;
  const earlier = startsFromMemory(recipe, epoch) ? memory : undefined;
  const ball = { ...attack.pgd, epsilon: attack.startRadius };
  const images = earlier?.rows.length === ids.length
    ? new Float32Array(x.length) // no draw is needed
    : attack.start === "uniform"
    ? uniformStart(x, ids, ball, seed, Purpose.attackStart, epoch)
    : gaussianStart(x, ids, seed, epoch);
  if (earlier) continueFrom(images, x, earlier.images, earlier.rows, attack.pgd);
  return images;
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
  const { recipe, epoch, backend, measured = false, signal } = context, { seed } = recipe;
  const { start = attackStart(recipe, batch, epoch), iterations = attackStepsIn(recipe, epoch) } =
    context;
  const attack = trainingAttack(recipe);
  if (attack === undefined || iterations === undefined || start === undefined) {
    throw new TypeError(`The method ${recipe.variant} does not attack.`);
  }
  const { pgd: options } = attack;
  const { ids, x, shape } = batch;
  let adversarial = imageTensor(start, shape);
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
  const loss = measured ? await learner.attackLoss(inputs, adversarial) : undefined;
  const reached = loss && await backend.guard(loss.data<"float32">());
  tf.dispose([adversarial, loss ?? []]);
  assertWithinBounds(x, values, options, ids);
  return {
    ...{ images: values, lossBefore, lossAfter },
    ...reached && { lossReached: reached[0]! / ids.length },
  };
}
