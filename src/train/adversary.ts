/**
 * The inner maximisation of a training step: `x'` for a batch, made on the model as it stands, in evaluation mode.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  type AttackLoss,
  crossEntropyAttack,
  klAttack,
  memoryKlAttack,
} from "../attack/attack_loss.ts";
import { assertWithinBounds } from "../attack/bounds.ts";
import type { PgdOptions } from "../attack/options.ts";
import { gaussianStart, normalNoise, uniformStart } from "../attack/start.ts";
import type { Backend } from "../backend/backend.ts";
import type { Batch } from "../data/batches.ts";
import type { FrozenModel } from "../model/frozen.ts";
import { imageTensor } from "../model/inputs.ts";
import { Purpose } from "../random/stream.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Learner } from "./learner.ts";
import type { StepInputs } from "./step.ts";

/** The attack's bounds and effort in `recipe`. */
export function trainingAttack(recipe: Recipe): PgdOptions {
  const { attackNorm, attackEps, attackStep, attackSteps } = recipe;
  return { norm: attackNorm, epsilon: attackEps, stepSize: attackStep, steps: attackSteps };
}

/**
 * Adversarial images for `batch`, on the host, checked against their bounds.
 *
 * @param inputs the same batch on the device; its `mem` images are used by the `memory-kl` loss alone
 * @throws {RunError} if the attack left its bounds or the device failed
 */
export async function attackBatch(
  learner: Learner,
  batch: Batch,
  inputs: StepInputs,
  recipe: Recipe,
  epoch: number,
  backend: Backend,
): Promise<Float32Array> {
  const options = trainingAttack(recipe);
  const { seed } = recipe;
  const { ids, x } = batch;
  const start = imageTensor(
    recipe.variant === "pgd-at"
      ? uniformStart(x, ids, options, seed, Purpose.attackStart, epoch)
      : gaussianStart(x, ids, seed, epoch),
  );
  const noise = options.norm === "linf" ? [] : Array.from(
    { length: options.steps },
    (_, step) => imageTensor(normalNoise(ids, seed, epoch, step)),
  );
  const adversarial = await learner.attack(inputs, start, noise);
  const values = await backend.guard(adversarial.data<"float32">());
  tf.dispose([start, noise, adversarial]);
  assertWithinBounds(x, values, options, ids);
  return values;
}

/** What the attack in `recipe` maximises on `model`; reference distributions are computed once, and stay constant. */
export function attackLoss(
  model: FrozenModel,
  { images, labels, memoryRows }: StepInputs,
  recipe: Recipe,
): AttackLoss {
  if (recipe.attackLoss === "ce") return crossEntropyAttack(labels);
  const nat = model.logits(images.nat!);
  if (recipe.attackLoss === "kl" || images.mem === undefined) return klAttack(nat);
  const ratio = recipe.betaPrime! / recipe.beta!;
  return memoryKlAttack(nat, model.logits(images.mem), ratio, memoryRows);
}
