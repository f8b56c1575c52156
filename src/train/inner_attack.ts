/**
 * The inner maximisation that a recipe asks for: its bounds and effort, and what it maximises.
 *
 * @module
 */
import {
  type AttackLoss,
  crossEntropyAttack,
  klAttack,
  memoryKlAttack,
} from "../attack/attack_loss.ts";
import type { PgdOptions } from "../attack/options.ts";
import type { FrozenModel } from "../model/frozen.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { StepInputs } from "./step.ts";

/** The attack's bounds and effort in `recipe`. */
export function trainingAttack(recipe: Recipe): PgdOptions {
  const { attackNorm, attackEps, attackStep, attackSteps } = recipe;
  return { norm: attackNorm, epsilon: attackEps, stepSize: attackStep, steps: attackSteps };
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

/** Those of a step's inputs that the attack looks at: the others would be copied for nothing, or ask for another program. */
export function attackInputs(
  { images: { nat, mem }, labels, memoryRows }: StepInputs,
  recipe: Recipe,
): StepInputs {
  if (recipe.attackLoss !== "memory-kl" || mem === undefined) {
    return { images: { nat: nat! }, labels };
  }
  return { images: { nat: nat!, mem }, labels, ...memoryRows && { memoryRows } };
}
