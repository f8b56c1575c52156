/**
 * The rows of how the weights move.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { KNOTS_FORM, knotsText, readKnots } from "../optimise/knots.ts";
import { type ScheduleName, SCHEDULES } from "../optimise/schedule.ts";
import { AVERAGES, STATISTICS_OF_AVERAGES } from "../optimise/weight_average.ts";
import { type Above, type Condition, field } from "./field.ts";
import { choiceFlag, type Flag, integerFlag, numberFlag, positiveFlag, textFlag } from "./flag.ts";

const knots = textFlag(
  "lr-knots",
  "E:S,E:S,…",
  "piecewise: after E epochs a share S of --lr, such as 0:0,15:1,30:0 with --epochs 30; no epoch is all 0",
);
const knotsSchema = v.pipe(
  v.string(),
  v.check((text) => readKnots(text) !== undefined, KNOTS_FORM),
  v.transform((text) => knotsText(readKnots(text)!)),
);
const knotsFlag: Flag<typeof knotsSchema> = { ...knots, schema: knotsSchema };

const scheduled = (name: ScheduleName): Condition => ({
  settings: true,
  holds: ({ optimiser }) => optimiser.schedule === name,
  cause: ({ optimiser }) => `--schedule ${optimiser.schedule}`,
});

const averages = (name: string): Condition => ({
  settings: true,
  holds: ({ optimiser }) => optimiser.average === name,
  cause: ({ optimiser }) => `--weight-average ${optimiser.average}`,
});

const AVERAGED: Condition = {
  settings: true,
  holds: ({ optimiser }) => optimiser.average !== "none",
  cause: ({ optimiser }) => `--weight-average ${optimiser.average}`,
};

/** By name; a row may look at those above it, and at what is trained. */
export const OPTIMISER_FIELDS = {
  lr: field("optimiser.lr", positiveFlag("lr", "peak learning rate"), {
    group: "Optimiser",
    default: 0.21,
  }),
  schedule: field(
    "optimiser.schedule",
    choiceFlag("schedule", SCHEDULES, "learning-rate schedule", {
      "onecycle": "up to --lr and down to almost 0 in cosines, over the whole run",
      "step": "a tenth after 75 epochs, a hundredth after 90",
      "cosine": "down to almost 0 over the whole run",
      "cosine-restarts": "down to 0 again and again: SGDR",
      "piecewise": "straight lines between --lr-knots",
      "constant": "--lr throughout",
    }),
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
    {
      group: "Optimiser",
      needs: scheduled("onecycle"),
      default: ({ optimiser }) => Math.min(0.85, optimiser.momentum),
      said: "0.85, but no more than --momentum",
      later: true,
    },
  ),
  restartPeriod: field(
    "optimiser.restartPeriod",
    integerFlag("restart-period", "epochs before the first restart of cosine-restarts", 1),
    { group: "Optimiser", needs: scheduled("cosine-restarts"), default: 10 },
  ),
  restartFactor: field(
    "optimiser.restartFactor",
    integerFlag("restart-factor", "how many times as long each of its periods is as the last", 1),
    { group: "Optimiser", needs: scheduled("cosine-restarts"), default: 2 },
  ),
  lrKnots: field("optimiser.lrKnots", knotsFlag, {
    group: "Optimiser",
    needs: scheduled("piecewise"),
    default: refuseKnotless,
    said: "none: piecewise needs them",
  }),
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
  averageBatchNorm: field(
    "optimiser.averageBatchNorm",
    choiceFlag(
      "average-batch-norm",
      STATISTICS_OF_AVERAGES,
      "running statistics of averaged weights",
      {
        averaged: "averaged as the weights are",
        reestimated: "those of the training images, after each epoch",
      },
    ),
    {
      group: "Optimiser",
      needs: AVERAGED,
      said: "averaged",
      idle: (how) => how === "averaged",
    },
  ),
} as const;

function refuseKnotless(): never {
  throw new UsageError(
    "--schedule piecewise needs --lr-knots, such as 0:0,15:1,30:0 with --epochs 30: up to --lr over 15 epochs, down to 0 over 15.",
  );
}

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
