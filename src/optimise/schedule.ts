/**
 * Learning rate and momentum, step by step, in float64.
 *
 * @module
 */

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

/** Momentum of the schedules that do not cycle it. */
const MOMENTUM = 0.9;

/**
 * The rates at `step`, counted from 0 over the whole run. `step` drops the rate tenfold after 75 and after 90 epochs, as
 * `MultiStepLR([75, 90])`; `cosine` changes it once an epoch.
 *
 * @param lr peak of `onecycle`, start of `step` and `cosine`
 */
export function ratesAt(name: ScheduleName, lr: number, length: RunLength, step: number): Rates {
  const epoch = Math.floor(step / length.stepsPerEpoch);
  switch (name) {
    case "onecycle":
      return oneCycle(lr, length.epochs * length.stepsPerEpoch, step);
    case "step":
      return { lr: lr * (epoch < 75 ? 1 : epoch < 90 ? 0.1 : 0.01), momentum: MOMENTUM };
    case "cosine":
      return { lr: lr * (1 + Math.cos(Math.PI * epoch / length.epochs)) / 2, momentum: MOMENTUM };
  }
}

/** Share of the steps in which the rate rises. */
const WARM_UP = 0.25;
/** The rate starts at `lr / 25` and ends at a ten-thousandth of that. */
const START_DIVISOR = 25;
const END_DIVISOR = 1e4;
const MOMENTUM_HIGH = 0.95;
const MOMENTUM_LOW = 0.85;

/** `OneCycleLR` (Smith & Topin 2018) with PyTorch's defaults but for `pct_start`: cosine up, cosine down. */
function oneCycle(peak: number, total: number, step: number): Rates {
  const rising = WARM_UP * total - 1;
  const start = peak / START_DIVISOR;
  if (step <= rising) {
    const progress = rising === 0 ? 1 : step / rising; // four steps: the first is the peak
    return {
      lr: anneal(start, peak, progress),
      momentum: anneal(MOMENTUM_HIGH, MOMENTUM_LOW, progress),
    };
  }
  const progress = (step - rising) / (total - 1 - rising);
  return {
    lr: anneal(peak, start / END_DIVISOR, progress),
    momentum: anneal(MOMENTUM_LOW, MOMENTUM_HIGH, progress),
  };
}

function anneal(from: number, to: number, progress: number): number {
  return to + (from - to) / 2 * (1 + Math.cos(Math.PI * progress));
}
