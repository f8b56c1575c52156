/**
 * Whether a network has learnt the training's attack and nothing else.
 *
 * @module
 */
import type { EpochMetrics } from "./metrics.ts";

/** What PGD-20 on held-out images must have taken from one epoch to the next, as a share of all images. */
export const COLLAPSE = 0.05;

/**
 * What must be left of the best epoch's accuracy under PGD-20, as a share of it, for a fall over several epochs. Ordinary robust
 * overfitting, which is slow (Rice et al. 2020, arXiv 2002.11569), leaves far more; catastrophic next to nothing (Wong et al.
 * 2020, arXiv 2001.03994; Andriushchenko & Flammarion 2020, arXiv 2007.02617).
 */
const LEFT = 0.5;

/** Standard errors of a difference that chance may make of it: selections are of few images in small runs. */
const CHANCE = 3;

/**
 * Whether the epoch `now` looks like catastrophic overfitting: accuracy under PGD-20 on what the checkpoint is selected on has
 * fallen by more than 5 points since the epoch before, or to less than half of the best epoch's, and by more than three
 * standard errors of such a difference, while accuracy under the attack of training has risen since the same epoch. What has
 * fallen must have been robustness: more than a network has that gives all images one label, as untrained ones nearly do.
 *
 * Where weights are perturbed from some epoch on (AWP), accuracy under the attack is of the perturbed ones from there on: that
 * makes it lower than in the epochs before, so that a rise since these is one all the more.
 *
 * Accuracy under PGD-20 is of the average of the weights where a run keeps one: that follows a collapse of the weights late.
 *
 * @param earlier the epochs before, ascending, those of other sittings among them
 */
export function overfitsCatastrophically(
  earlier: readonly EpochMetrics[],
  now: EpochMetrics,
): boolean {
  const before = earlier.at(-1);
  if (before === undefined) return false;
  const robust = ({ robustAccuracy = 0 }: EpochMetrics) => robustAccuracy;
  const best = earlier.reduce((best, each) => robust(each) > robust(best) ? each : best);
  return fell(before, now, () => COLLAPSE) || fell(best, now, (of) => (1 - LEFT) * of);
}

/**
 * Whether robustness fell from `then` to `now`, and the training's attack took less.
 *
 * @param least what must have been lost of so much accuracy, both in [0,1]
 */
function fell(
  then: EpochMetrics,
  now: EpochMetrics,
  least: (of: number) => number,
): boolean {
  const { robustAccuracy: first, attack: early } = then;
  const { robustAccuracy: second, attack: late, classes } = now;
  if (first === undefined || second === undefined || !early || !late) return false;
  const counts = (classes?.robust ?? []).map(([, count]) => count);
  const n = counts.reduce((sum, count) => sum + count, 0);
  if (first * n <= Math.max(0, ...counts)) return false;
  const variance = (first * (1 - first) + second * (1 - second)) / Math.max(1, n);
  const fall = Math.max(least(first), CHANCE * Math.sqrt(variance));
  return first - second > fall && late.accuracy > early.accuracy;
}
