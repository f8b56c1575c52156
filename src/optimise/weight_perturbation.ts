/**
 * Adversarial weight perturbation, AWP (Wu et al. 2020, arXiv 2004.05884): which steps take their gradient at weights that
 * an adversary has moved. The move itself is in `adversarial_weights.ts`.
 *
 * @module
 */

/** How a run perturbs its weights. */
export interface WeightPerturbation {
  /**
   * γ, in (0,1]: how far the weights of each convolution, and of the linear layer, are moved, as a share of their length. The
   * paper takes 0.005 for TRADES.
   *
   * @default {weights are not perturbed}
   */
  readonly awp?: number;
  /**
   * First epochs without it, fewer than there are. The paper has none, its authors' program for TRADES nine of 200, which saves
   * their time.
   *
   * @default {0}
   */
  readonly awpWarmup?: number;
}

/** Whether the steps of `epoch` (from 1) perturb the weights. */
export function perturbsWeights(
  { awp, awpWarmup = 0 }: WeightPerturbation,
  epoch: number,
): boolean {
  return awp !== undefined && epoch > awpWarmup;
}
