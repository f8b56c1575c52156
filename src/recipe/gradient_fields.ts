/**
 * The rows of what the gradient is taken of, and where.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type Above, type Condition, field } from "./field.ts";
import { integerFlag, positiveFlag } from "./flag.ts";

const PERTURBS: Condition = {
  holds: ({ optimiser }) => optimiser.awp !== undefined,
  cause: () => "a run without --awp",
};

/** By name; a row may look at those above it, and at what is trained. */
export const GRADIENT_FIELDS = {
  labelSmoothing: field(
    "labelSmoothing",
    positiveFlag("label-smoothing", "share of a label that all classes have in cross-entropies"),
    { group: "What to train", check: refuseUniform },
  ),
  clipGradNorm: field(
    "optimiser.clipGradNorm",
    positiveFlag("clip-grad-norm", "shorten the gradient of all parameters to this length"),
    { group: "Optimiser" },
  ),
  awp: field(
    "optimiser.awp",
    positiveFlag("awp", "adversarial weight perturbation by this share, such as 0.005", 1),
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
