/**
 * Whether a network has learnt the training's attack and nothing else.
 *
 * @module
 */
import type { EpochMetrics } from "./metrics.ts";

/** What PGD-20 on held-out images must have taken from one epoch to the next, as a share of all images. */
export const COLLAPSE = 0.05;

/** Standard errors of a difference that chance may make of it: selections are of few images in small runs. */
const CHANCE = 3;

/**
 * Whether the epoch `now` looks like catastrophic overfitting (Wong et al. 2020): since the epoch `before`, accuracy under
 * PGD-20 on what the checkpoint is selected on has fallen by more than 5 points, and by more than three standard errors
 * of such a difference, while accuracy under the attack of training has risen. What has fallen must have been robustness:
 * more than a network has that gives all images one label, as untrained ones nearly do.
 */
export function overfitsCatastrophically(
  before: EpochMetrics | undefined,
  now: EpochMetrics,
): boolean {
  const { robustAccuracy: first, attack: early } = before ?? {};
  const { robustAccuracy: second, attack: late, classes } = now;
  if (first === undefined || second === undefined || !early || !late) return false;
  const counts = (classes?.robust ?? []).map(([, count]) => count);
  const n = counts.reduce((sum, count) => sum + count, 0);
  if (first * n <= Math.max(0, ...counts)) return false;
  const variance = (first * (1 - first) + second * (1 - second)) / Math.max(1, n);
  const fall = Math.max(COLLAPSE, CHANCE * Math.sqrt(variance));
  return first - second > fall && late.accuracy > early.accuracy;
}
