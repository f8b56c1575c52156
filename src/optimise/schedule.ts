/**
 * Learning rate and momentum, step by step, in float64.
 *
 * @module
 */

import { cosOfTurn } from "../elementary/turn.ts";

/** The schedules there are. */
export const SCHEDULES = ["onecycle", "step", "cosine"] as const;
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
   * Peak of `onecycle`, start of `step` and `cosine`; over 0.
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
}

/**
 * The rates at `step`, counted from 0 over the whole run. `step` drops the rate tenfold after 75 and after 90 epochs, as
 * `MultiStepLR([75, 90])`; `cosine` changes it once an epoch.
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
  }
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
