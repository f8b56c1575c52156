/**
 * The sums that an epoch's means are made of. They are part of a run's progress, so that an epoch in several sittings has
 * the means that it has in one.
 *
 * @module
 */
import { EMPTY, meanOf, withValues } from "../statistics/histogram.ts";
import type { AttackSample, EpochMetrics } from "./metrics.ts";
import type { Progress } from "./checkpoint/progress.ts";

/** What a step computed: means over its batch, and its examples' weights. */
export interface StepValues {
  /** The loss and its terms by name. */
  readonly values: Readonly<Record<string, number>>;
  readonly weights?: Float32Array | undefined;
  readonly attack?: StepAttack | undefined;
}

/** What the attack of a step came to. */
export interface StepAttack {
  /** What the attack maximises, mean over the batch, where it started. */
  readonly lossBefore: number;
  /** Where its last iteration began: that iteration's gradient tells it, and one pass more would have to be paid for. */
  readonly lossAfter: number;
  /** At `x'` itself, in the steps that pay for that pass. */
  readonly lossReached?: number;
  /** How many of the batch's `x'` are misclassified in the step that they train. */
  readonly fooled: number;
}

/** `progress` after the step `step` on `n` examples. */
export function afterStep(
  progress: Progress,
  step: number,
  n: number,
  { values, weights, attack }: StepValues,
): Progress {
  const sums = { ...progress.sums };
  for (const [name, value] of Object.entries({ ...values, examples: 1 })) {
    sums[name] = (sums[name] ?? 0) + value * n;
  }
  const seen = weights && { weights: withValues(progress.weights ?? EMPTY, weights) };
  const attacked = attack && { attack: attackSums(progress.attack, n, attack) };
  return { ...progress, step, sums, ...seen, ...attacked };
}

function attackSums(
  before: Progress["attack"],
  n: number,
  { lossBefore, lossAfter, lossReached, fooled }: StepAttack,
): Progress["attack"] {
  const { sampled } = before ?? {};
  const more = lossReached === undefined ? sampled : {
    examples: (sampled?.examples ?? 0) + n,
    lossBefore: (sampled?.lossBefore ?? 0) + n * lossBefore,
    lossAfter: (sampled?.lossAfter ?? 0) + n * lossReached,
  };
  return {
    examples: (before?.examples ?? 0) + n,
    lossBefore: (before?.lossBefore ?? 0) + n * lossBefore,
    lossAfter: (before?.lossAfter ?? 0) + n * lossAfter,
    fooled: (before?.fooled ?? 0) + fooled,
    ...more && { sampled: more },
  };
}

/**
 * The means of the epoch at `progress`.
 *
 * @param term the one that weighs its examples
 */
export function meansOf(
  { sums, weights, attack }: Progress,
  term: string | undefined,
): Pick<EpochMetrics, "loss" | "terms" | "weights" | "attack"> {
  const { examples = 1, loss = 0, ...terms } = sums;
  const means = Object.entries(terms).map(([name, sum]) => [name, sum / examples]);
  return {
    loss: loss / examples,
    terms: Object.fromEntries(means),
    ...weights && term !== undefined &&
      { weights: { term, mean: meanOf(weights), counts: weights.counts } },
    ...attack && {
      attack: {
        lossBefore: attack.lossBefore / attack.examples,
        lossAfter: attack.lossAfter / attack.examples,
        accuracy: 1 - attack.fooled / attack.examples,
        ...attack.sampled && { sampled: sampleOf(attack.sampled) },
      },
    },
  };
}

/** Means of the sums over the examples whose attack was measured to its end. */
function sampleOf({ examples, lossBefore, lossAfter }: AttackSample): AttackSample {
  return { examples, lossBefore: lossBefore / examples, lossAfter: lossAfter / examples };
}
