/**
 * The rows of how the weights move.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { SCHEDULES } from "../optimise/schedule.ts";
import { AVERAGES } from "../optimise/weight_average.ts";
import { type Above, type Condition, field } from "./field.ts";
import { choiceFlag, integerFlag, numberFlag, positiveFlag } from "./flag.ts";

const ONE_CYCLE: Condition = {
  holds: ({ optimiser }) => optimiser.schedule === "onecycle",
  cause: ({ optimiser }) => `--schedule ${optimiser.schedule}`,
};

const averages = (name: string): Condition => ({
  holds: ({ optimiser }) => optimiser.average === name,
  cause: ({ optimiser }) => `--weight-average ${optimiser.average}`,
});

/** By name; a row may look at those above it, and at what is trained. */
export const OPTIMISER_FIELDS = {
  lr: field("optimiser.lr", positiveFlag("lr", "peak learning rate"), {
    group: "Optimiser",
    default: 0.21,
  }),
  schedule: field(
    "optimiser.schedule",
    choiceFlag("schedule", SCHEDULES, "learning-rate schedule"),
    { group: "Optimiser", default: "onecycle" },
  ),
  momentum: field(
    "optimiser.momentum",
    numberFlag("momentum", "momentum, of onecycle its highest", 0, 1),
    {
      group: "Optimiser",
      default: ({ optimiser }) => optimiser.schedule === "onecycle" ? 0.95 : 0.9,
      said: "0.9, in onecycle 0.95",
      later: true,
    },
  ),
  baseMomentum: field(
    "optimiser.baseMomentum",
    numberFlag("base-momentum", "the lowest momentum of onecycle", 0, 1),
    { group: "Optimiser", needs: ONE_CYCLE, default: 0.85, later: true },
  ),
  weightDecay: field(
    "optimiser.weightDecay",
    numberFlag("weight-decay", "weight decay of every parameter", 0),
    { group: "Optimiser", default: 5e-4, later: true },
  ),
  weightAverage: field(
    "optimiser.average",
    choiceFlag("weight-average", AVERAGES, "average of the weights to keep beside them", {
      none: "none",
      ema: "exponential moving average over steps",
      swa: "mean over the ends of the last epochs",
    }),
    { group: "Optimiser", default: "none", later: true },
  ),
  emaDecay: field(
    "optimiser.emaDecay",
    numberFlag("ema-decay", "what the ema keeps of itself in a step, below 1", 0),
    { group: "Optimiser", needs: averages("ema"), default: 0.999, check: refuseFrozen },
  ),
  swaStart: field(
    "optimiser.swaStart",
    integerFlag("swa-start", "first epoch whose end counts in the swa", 1),
    {
      group: "Optimiser",
      needs: averages("swa"),
      default: ({ epochs }) => 1 + Math.floor(0.75 * epochs),
      said: "the first of the last quarter",
      check: refuseLateStart,
    },
  ),
} as const;

function refuseFrozen(decay: number): void {
  if (decay < 1) return;
  throw new UsageError(`--ema-decay must be below 1, not ${decay}: 1 would never learn.`);
}

function refuseLateStart(epoch: number, { epochs }: Above): void {
  if (epoch <= epochs) return;
  throw new UsageError(
    `--swa-start ${epoch} is after the last of ${epochs} --epochs: take an epoch that there is.`,
  );
}
