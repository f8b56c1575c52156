/**
 * The inner maximisation of a training step: `x'` for a batch, made on the model as it stands, in evaluation mode.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { assertWithinBounds } from "../attack/bounds.ts";
import { gaussianStart, normalNoise, uniformStart } from "../attack/start.ts";
import type { Backend } from "../backend/backend.ts";
import type { Batch } from "../data/batches.ts";
import { valuesPerImage } from "../data/dataset.ts";
import { Interrupted } from "../errors.ts";
import { imageTensor } from "../model/inputs.ts";
import { Purpose } from "../random/stream.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Learner } from "./learner.ts";
import { attackParts, trainingAttack } from "./inner_attack.ts";
import type { StepInputs } from "./step.ts";

/** What the attack on a batch needs to know beside the batch. */
export interface AttackContext {
  readonly recipe: Recipe;
  readonly epoch: number;
  readonly backend: Backend;
  /** What {@linkcode attackStart} gives, if it has been asked already. */
  readonly start?: Float32Array;
  /** Heard between two parts of a long attack. */
  readonly signal?: AbortSignal;
}

/** Where the attack of `recipe` on `batch` begins; undefined for a method that does not attack. */
export function attackStart(
  recipe: Recipe,
  { ids, x }: Batch,
  epoch: number,
): Float32Array | undefined {
  const attack = trainingAttack(recipe), { seed } = recipe;
  if (attack === undefined) return undefined;
  const ball = { ...attack.pgd, epsilon: attack.startRadius };
  return attack.start === "uniform"
    ? uniformStart(x, ids, ball, seed, Purpose.attackStart, epoch)
    : gaussianStart(x, ids, seed, epoch);
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
  { recipe, epoch, backend, signal, start = attackStart(recipe, batch, epoch) }: AttackContext,
): Promise<Float32Array> {
  const attack = trainingAttack(recipe), { seed } = recipe;
  if (attack === undefined || start === undefined) {
    throw new TypeError(`The method ${recipe.variant} does not attack.`);
  }
  const { pgd: options } = attack;
  const { ids, x, shape } = batch;
  let adversarial = imageTensor(start, shape);
  const noiseAt = (step: number) =>
    imageTensor(normalNoise(ids, valuesPerImage(shape), seed, epoch, step), shape);
  let step = 0, values: Float32Array = x;
  for (const steps of attackParts(options.steps)) {
    if (step > 0 && signal?.aborted) {
      adversarial.dispose();
      throw new Interrupted("Stopped within a step.");
    }
    const first = step;
    const noise = options.norm === "linf"
      ? []
      : Array.from({ length: steps }, (_, i) => noiseAt(first + i));
    const next = await learner.attack(inputs, adversarial, noise, steps);
    values = await backend.guard(next.data<"float32">());
    tf.dispose([adversarial, noise]);
    adversarial = next;
    step += steps;
  }
  adversarial.dispose();
  assertWithinBounds(x, values, options, ids);
  return values;
}
