/**
 * Learning rate and momentum, step by step, in float64.
 *
 * @module
 */

import { cosOfTurn } from "../elementary/turn.ts";
import { interpolate, readKnots } from "./knots.ts";

/** The schedules there are. */
export const SCHEDULES = [
  "onecycle",
  "step",
  "cosine",
  "cosine-restarts",
  "piecewise",
  "constant",
] as const;
/** One of {@linkcode SCHEDULES}. */
export type ScheduleName = typeof SCHEDULES[number];

/** What the optimiser uses in one step. */
export interface Rates {
  readonly lr: number;
  readonly momentum: number;
}

/** How long a run is. */
export interface RunLength {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** How the rates change over a run. */
export interface Schedule {
  /**
   * How the rate changes over the run.
   *
   * @default {"onecycle"}
   */
  readonly schedule: ScheduleName;
  /**
   * Peak of `onecycle` and `piecewise`, start of the others; over 0.
   *
   * @default {0.21}
   */
  readonly lr: number;
  /**
   * Of `onecycle` the highest; 0 to 1.
   *
   * @default {0.9, in onecycle 0.95}
   */
  readonly momentum: number;
  /**
   * What `onecycle` lowers the momentum to at its peak, 0 to 1; not at all unless given.
   *
   * @default {0.85}
   */
  readonly baseMomentum?: number;
  /**
   * Of `cosine-restarts`: epochs before the first restart; a whole number.
   *
   * @default {10}
   */
  readonly restartPeriod?: number;
  /**
   * Of `cosine-restarts`: how many times as long each period is as the one before; a whole number.
   *
   * @default {2}
   */
  readonly restartFactor?: number;
  /**
   * Of `piecewise`, which needs it: the rate as shares of `lr` after so many epochs, with straight lines between them, such as
   * `0:0,15:1,30:0` in 30 epochs. After the last it stays what it is there; no run begins that would have an epoch at 0.
   *
   * @default {none}
   */
  readonly lrKnots?: string;
}

/** Whether the rates at a step are the same however long the run is, so that it can be made longer once it has begun. */
export function isOpenEnded(schedule: ScheduleName): boolean {
  return schedule !== "onecycle" && schedule !== "cosine";
}

/**
 * The rates at `step`, counted from 0 over the whole run. `step` drops the rate tenfold after 75 and after 90 epochs, as
 * `MultiStepLR([75, 90])`; `cosine` changes it once an epoch, `cosine-restarts` (SGDR, Loshchilov & Hutter 2017) and
 * `piecewise` at every step.
 */
export function ratesAt(schedule: Schedule, length: RunLength, step: number): Rates {
  const epoch = Math.floor(step / length.stepsPerEpoch), { lr, momentum } = schedule;
  switch (schedule.schedule) {
    case "onecycle":
      return oneCycle(schedule, length.epochs * length.stepsPerEpoch, step);
    case "step":
      return { lr: lr * (epoch < 75 ? 1 : epoch < 90 ? 0.1 : 0.01), momentum };
    case "cosine":
      return { lr: lr * (1 + cosOfTurn(epoch / length.epochs / 2)) / 2, momentum };
    case "cosine-restarts":
      return { lr: lr * (1 + cosOfTurn(periodDone(schedule, length, step) / 2)) / 2, momentum };
    case "piecewise": {
      const knots = readKnots(schedule.lrKnots ?? "") ?? [];
      return { lr: lr * interpolate(knots, step / length.stepsPerEpoch), momentum };
    }
    case "constant":
      return { lr, momentum };
  }
}

/** The share of the period that `step` is in, of the periods between restarts, which is behind it. */
function periodDone(
  { restartPeriod = 1, restartFactor = 1 }: Schedule,
  { stepsPerEpoch }: RunLength,
  step: number,
): number {
  let start = 0, steps = restartPeriod * stepsPerEpoch;
  while (step >= start + steps) {
    start += steps;
    steps *= restartFactor;
  }
  return (step - start) / steps;
}

/** Share of the steps in which the rate rises. */
const WARM_UP = 0.25;
/** The rate starts at `lr / 25` and ends at a ten-thousandth of that. */
const START_DIVISOR = 25;
const END_DIVISOR = 1e4;

/** `OneCycleLR` (Smith & Topin 2018) with PyTorch's defaults but for `pct_start`: cosine up, cosine down. */
function oneCycle(
  { lr: peak, momentum: high, baseMomentum: low = high }: Schedule,
  total: number,
  step: number,
): Rates {
  const rising = WARM_UP * total - 1;
  const start = peak / START_DIVISOR;
  if (step <= rising) {
    const progress = rising === 0 ? 1 : step / rising; // four steps: the first is the peak
    return {
      lr: anneal(start, peak, progress),
      momentum: anneal(high, low, progress),
    };
  }
  const progress = (step - rising) / (total - 1 - rising);
  return {
    lr: anneal(peak, start / END_DIVISOR, progress),
    momentum: anneal(low, high, progress),
  };
}

function anneal(from: number, to: number, progress: number): number {
  return to + (from - to) / 2 * (1 + cosOfTurn(progress / 2));
}
