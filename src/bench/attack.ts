/**
 * What the attacks of training cost: alone, and in V1's step where they start from the memory. In turns on one device.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import type { AttackRecipe } from "../recipe/sections.ts";
import { compareInTurns, type Cost, type Side } from "./turns.ts";
import { V1Step } from "./v1_step.ts";

/** What is compared alone; the first is what the others are held against. */
const ATTACKS = [
  { loss: "kl", steps: 10 }, // of V1, V2, V3 and TRADES
  { loss: "memory-kl", steps: 10 },
  { loss: "ce", steps: 10 }, // of PGD-AT and MART
  { loss: "ce", steps: 1 }, // of N-FGSM and FGSM-PGI
] as const satisfies readonly Partial<AttackRecipe>[];

/** The making of a batch's adversarial images. */
export interface AttackCost extends Cost {
  /** What the attack maximises. */
  readonly loss: AttackRecipe["loss"];
  /** Its iterations. */
  readonly steps: number;
}

/** With which attacks the step is compared. */
const STARTS = [
  { start: "noise", steps: 10 },
  { start: "memory", steps: 3 },
  { start: "memory", steps: 2 },
  { start: "memory", steps: 1 },
] as const satisfies readonly Partial<AttackRecipe>[];

/** V1's step with one of the attacks. */
export interface AttackStartCost extends Cost {
  readonly start: AttackRecipe["start"];
  /** Iterations of the attack. */
  readonly steps: number;
}

/**
 * Makes each attack `pairs` times on `backend`.
 *
 * @throws {RunError} if the device fails
 */
export function compareAttacks(
  backend: Backend,
  width: number,
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<AttackCost[]> {
  return compare(ATTACKS, [backend, width, batchSize], pairs, progress, (step, attack) => ({
    name: `attack of ${attack.steps} steps, ${attack.loss}`,
    passes: step.attackPasses,
    run: () => step.attack(),
  }));
}

/**
 * Makes `pairs` steps with each attack on `backend`.
 *
 * @throws {RunError} if the device fails
 */
export function compareAttackStarts(
  backend: Backend,
  width: number,
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<AttackStartCost[]> {
  return compare(STARTS, [backend, width, batchSize], pairs, progress, (step, attack) => ({
    name: `V1 step, ${attack.steps} steps from ${attack.start}`,
    passes: step.passes,
    run: async () => (await step.run()).step,
  }));
}

async function compare<T extends Partial<AttackRecipe>>(
  attacks: readonly T[],
  [backend, width, batchSize]: readonly [Backend, number, number],
  pairs: number,
  progress: (what: string) => void,
  sideOf: (step: V1Step, attack: T) => Side,
): Promise<(T & Cost)[]> {
  const steps = attacks.map((attack) => new V1Step(backend, width, batchSize, attack));
  try {
    const sides = steps.map((step, i) => sideOf(step, attacks[i]!));
    const costs = await compareInTurns(sides, batchSize, pairs, progress);
    return costs.map((cost, i) => ({ ...attacks[i]!, ...cost }));
  } finally {
    steps.forEach((step) => step.dispose());
  }
}
