/**
 * The rows of what the gradient is taken of, and where.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type Above, type Condition, field } from "./field.ts";
import { integerFlag, numberFlag } from "./flag.ts";

const PERTURBS: Condition = {
  settings: true,
  holds: ({ optimiser }) => optimiser.awp !== undefined,
  cause: () => "a run without --awp",
};

/** By name; a row may look at those above it, and at what is trained. */
export const GRADIENT_FIELDS = {
  labelSmoothing: field(
    "labelSmoothing",
    numberFlag(
      "label-smoothing",
      "share of a label that all classes have in cross-entropies, 0 for none",
      0,
    ),
    { group: "What to train", check: refuseUniform },
  ),
  clipGradNorm: field(
    "optimiser.clipGradNorm",
    numberFlag(
      "clip-grad-norm",
      "shorten the gradient of all parameters to this length, 0 for never",
      0,
    ),
    { group: "Optimiser" },
  ),
  awp: field(
    "optimiser.awp",
    numberFlag(
      "awp",
      "adversarial weight perturbation by this share, such as 0.005; 0 for none",
      0,
      1,
    ),
    { group: "Optimiser" },
  ),
  awpWarmup: field(
    "optimiser.awpWarmup",
    integerFlag("awp-warmup", "first epochs without --awp", 0),
    { group: "Optimiser", needs: PERTURBS, default: 0, check: refuseWarmupOnly },
  ),
} as const;

function refuseUniform(share: number): void {
  if (share < 1) return;
  throw new UsageError(`--label-smoothing must be below 1, not ${share}: 1 leaves no label.`);
}

function refuseWarmupOnly(warmup: number, { epochs }: Above): void {
  if (warmup < epochs) return;
  throw new UsageError(
    `--awp-warmup ${warmup} leaves none of ${epochs} --epochs to --awp: take fewer.`,
  );
}
