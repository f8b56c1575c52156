/**
 * The average of the weights over training, which is often better than the weights: how much each new set of them counts in
 * it, in float64. Running statistics of batch norm are averaged as the parameters are, or re-estimated.
 *
 * @module
 */
import type { RunLength } from "./schedule.ts";

/** The averages there are. */
export const AVERAGES = ["none", "ema", "swa"] as const;
/** One of {@linkcode AVERAGES}. */
export type AverageName = typeof AVERAGES[number];

/** Where the running statistics of averaged weights come from. */
export const STATISTICS_OF_AVERAGES = ["averaged", "reestimated"] as const;
/** One of {@linkcode STATISTICS_OF_AVERAGES}. */
export type StatisticsOfAverage = typeof STATISTICS_OF_AVERAGES[number];

/** Which average a run keeps. */
export interface WeightAverage {
  /**
   * `ema`, an exponential moving average over steps; `swa`, the mean over the ends of epochs (Izmailov et al. 2018).
   *
   * @default {"none"}
   */
  readonly average: AverageName;
  /**
   * Of `ema`: what the average keeps of itself in a step, in [0,1). Early on it is `n/(9 + n)` in the `n`-th step of the run,
   * from 1, where that is less, so that the average forgets the weights that training began with.
   *
   * @default {0.999}
   */
  readonly emaDecay?: number;
  /**
   * Of `swa`: the first epoch whose end counts. Until then the average is the weights at the end of the last epoch.
   *
   * @default {the first of the last quarter}
   */
  readonly swaStart?: number;
  /**
   * Where the running statistics of batch norm come from that belong to the averaged weights: averaged as the weights are, or
   * re-estimated at the end of each epoch, from the training images without augmentation.
   *
   * @default {"averaged"}
   */
  readonly averageBatchNorm?: StatisticsOfAverage;
}

/** Whether a run has the statistics of its averaged weights from the training images. */
export function reestimatesStatistics({ averageBatchNorm }: WeightAverage): boolean {
  return averageBatchNorm === "reestimated";
}

/**
 * The share `s` in `average ← average + s · (weights − average)` after `done` steps of the run (from 1), in which the
 * average begins as the weights that training begins with; undefined where the average stays as it is.
 */
export function averageShare(
  { average, emaDecay = 0, swaStart = 1 }: WeightAverage,
  { stepsPerEpoch }: Pick<RunLength, "stepsPerEpoch">,
  done: number,
): number | undefined {
  switch (average) {
    case "none":
      return undefined;
    case "ema":
      return 1 - Math.min(emaDecay, done / (9 + done));
    case "swa":
      if (done % stepsPerEpoch !== 0) return undefined;
      return 1 / Math.max(1, done / stepsPerEpoch - swaStart + 1);
  }
}
