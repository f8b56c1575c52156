/**
 * What attacks cost that start from the memory: V1's step with ten iterations from noise against fewer from the memory's
 * examples, in turns on one device.
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import type { AttackRecipe } from "../recipe/sections.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { V1Step } from "./v1_step.ts";

/** What is compared; the first is what the others are held against. */
const ATTACKS = [
  { start: "noise", steps: 10 },
  { start: "memory", steps: 3 },
  { start: "memory", steps: 2 },
  { start: "memory", steps: 1 },
] as const satisfies readonly Partial<AttackRecipe>[];

/** V1's step with one of the attacks. */
export interface AttackCost {
  readonly start: AttackRecipe["start"];
  /** Iterations of the attack. */
  readonly steps: number;
  /** How often an image passes the network in the step, forwards or back. */
  readonly passes: number;
  readonly seconds: Spread;
  readonly imagesPerSecond: Spread;
  /** How many times as fast it is as the first, turn by turn. */
  readonly ratio: Spread;
  /** What that would be if all passes took as long and nothing else took any time. */
  readonly expectedRatio: number;
}

/**
 * Makes `pairs` steps with each attack on `backend`, in turns: each follows one of its own that is not timed, as in training.
 *
 * @throws {RunError} if the device fails
 */
export async function compareAttackStarts(
  backend: Backend,
  width: number,
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<AttackCost[]> {
  const sides = ATTACKS.map((attack) => ({
    attack,
    step: new V1Step(backend, width, batchSize, attack),
    seconds: [] as number[],
  }));
  for (const { step } of sides) { // compiles, and takes what memory it needs
    progress("attack-start: the first steps");
    await step.run();
  }
  for (let pair = 1; pair <= pairs; pair++) {
    for (const { attack: { start, steps }, step, seconds } of sides) {
      progress(`attack-start, turn ${pair} of ${pairs}: ${steps} steps from ${start}`);
      await step.run();
      seconds.push((await step.run()).step);
    }
  }
  const [first] = sides;
  const costs = sides.map(({ attack, step: { passes }, seconds }) => ({
    ...attack,
    passes,
    seconds: spreadOf(seconds),
    imagesPerSecond: spreadOf(seconds.map((each) => batchSize / each)),
    ratio: spreadOf(seconds.map((each, pair) => first!.seconds[pair]! / each)),
    expectedRatio: first!.step.passes / passes,
  }));
  sides.forEach(({ step }) => step.dispose());
  return costs;
}
