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

function refuseWarmupOnly(warmup: number, { epochs }: Above): void {
  if (warmup < epochs) return;
  throw new UsageError(
    `--awp-warmup ${warmup} leaves none of ${epochs} --epochs to --awp: take fewer.`,
  );
}
