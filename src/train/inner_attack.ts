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
import type { AttackLossName, PgdOptions } from "../attack/options.ts";
import { UsageError } from "../errors.ts";
import { noteReach, shortReach } from "../evaluate/asked/reach.ts";
import { formatRadius } from "../evaluate/report.ts";
import type { MethodAttack } from "../method/method.ts";
import { methodOf } from "../method/methods.ts";
import type { FrozenModel } from "../model/frozen.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { MemoryRecipe } from "../recipe/sections.ts";
import type { StepInputs } from "./step.ts";

/** The attack of a step. */
export interface TrainingAttack {
  /** Bounds and effort. */
  readonly pgd: PgdOptions;
  readonly start: MethodAttack["start"];
  /** Radius of the ball that a uniform start is drawn from. */
  readonly startRadius: number;
  readonly loss: AttackLossName;
  /** β'/β: the weight of the memory's divergence in the loss `memory-kl`. */
  readonly memoryShare: number;
}

/** The attack in `recipe`, if its method has one. */
export function trainingAttack(recipe: Recipe): TrainingAttack | undefined {
  const { variant, threat, attack, beta = 1, betaPrime = 0 } = recipe;
  const method = methodOf(variant);
  if (attack === undefined || method.attack === undefined) return undefined;
  const { loss, stepSize, steps } = attack;
  const { start, noise } = method.attack, startRadius = (noise ?? 1) * threat.epsilon;
  const epsilon = noise === undefined ? threat.epsilon : startRadius + steps * stepSize;
  const pgd = { ...threat, epsilon, stepSize, steps };
  return { pgd, start, startRadius, loss, memoryShare: betaPrime / beta };
}

/**
 * Sentences where attacks cannot go as far as the radius says: those that train, from where they start without a memory, and
 * those that select.
 */
export function noteShortAttacks(recipe: Recipe): string[] {
  const { threat, attack, select } = recipe;
  const { firstSteps = attack?.steps, stepSize = 0 } = attack ?? {};
  const reach = firstSteps === undefined
    ? undefined
    : shortReach(firstSteps, stepSize, threat.epsilon);
  return [
    ...reach === undefined ? [] : [
      `--${firstSteps === attack?.steps ? "attack-steps" : "first-steps"}: ${firstSteps} of ${
        formatRadius(stepSize)
      } go ${reach} from the start at most, less than the radius of ` +
      `${formatRadius(threat.epsilon)}, which is not what is trained for then.`,
    ],
    ...select === "none" ? [] : noteReach("pgd20", threat, `--select ${select}: `),
  ];
}

/**
 * Whether attacks in `epoch` (from 1) start from memory examples: the recipe asks for it, and those examples were made
 * since attacks last started afresh.
 */
export function startsFromMemory({ attack, memory }: Recipe, epoch: number): boolean {
  if (attack?.start !== "memory" || memory === undefined) return false;
  return epoch - memory.age >= lastReset(memory, epoch);
}

/** The epoch, at most `epoch`, since which attacks have not started afresh. */
export function lastReset(
  { reset = Infinity }: Pick<MemoryRecipe, "reset">,
  epoch: number,
): number {
  return epoch - (epoch - 1) % reset;
}

/**
 * Iterations of the attacks in `epoch` (from 1); undefined where nothing is attacked.
 *
 * @param remembered whether the memory has the epoch whose examples they would start from: one that was imported may lack it
 */
export function attackStepsIn(
  recipe: Recipe,
  epoch: number,
  remembered = true,
): number | undefined {
  const { attack } = recipe;
  return startsFromMemory(recipe, epoch) && remembered
    ? attack?.steps
    : attack?.firstSteps ?? attack?.steps;
}

/**
 * Refuses fewer iterations from the memory beside auxiliary images, most of which the memory has nothing of: their attacks
 * would begin anew and be given no more.
 *
 * @throws {UsageError} naming both numbers
 */
export function refuseShortStarts({ auxData, attack }: Recipe): void {
  const { start, steps = 0, firstSteps = steps } = attack ?? {};
  if (auxData === undefined || start !== "memory" || steps >= firstSteps) return;
  throw new UsageError(
    `--attack-start memory would leave auxiliary images that were not in the epoch before ${steps} steps from noise, not ${firstSteps}: ` +
      "leave it out, or give --attack-steps and --first-steps the same number.",
  );
}

/**
 * Iterations that a device is given at once. An attack of more is made in parts, between which a signal is heard; and a
 * program for thousands of iterations would be too large for a GPU.
 */
const PART = 25;

/** The numbers of iterations of the parts of an attack of `steps`, in order. */
export function attackParts(steps: number): number[] {
  const parts = new Array<number>(Math.floor(steps / PART)).fill(PART);
  return steps % PART === 0 ? parts : [...parts, steps % PART];
}

/** What `attack` maximises on `model`; reference distributions are computed once, and stay constant. */
export function attackLoss(
  model: FrozenModel,
  { images, labels, memoryRows }: StepInputs,
  { loss, memoryShare }: Pick<TrainingAttack, "loss" | "memoryShare">,
): AttackLoss {
  if (loss === "ce") return crossEntropyAttack(labels);
  const nat = model.logits(images.nat!);
  if (loss === "kl" || images.mem === undefined) return klAttack(nat);
  return memoryKlAttack(nat, model.logits(images.mem), memoryShare, memoryRows);
}

/** Those of a step's inputs that the attack looks at: the others would be copied for nothing, or ask for another program. */
export function attackInputs(
  { images: { nat, mem }, labels, memoryRows }: StepInputs,
  loss: AttackLossName,
): StepInputs {
  if (loss !== "memory-kl" || mem === undefined) {
    return { images: { nat: nat! }, labels };
  }
  return { images: { nat: nat!, mem }, labels, ...memoryRows && { memoryRows } };
}
