/**
 * What all intervals here have in common.
 *
 * @module
 */

/** An interval that holds the true value in 95 of 100 experiments. */
export interface Interval {
  /** Its lower end. */
  readonly low: number;
  /** Its upper end. */
  readonly high: number;
}

/** The share of experiments in which an interval holds the true value. */
export const CONFIDENCE = 0.95;

/** Whether `interval` leaves out zero: a difference that chance alone would rarely make. */
export function excludesZero({ low, high }: Interval): boolean {
  return low > 0 || high < 0;
}
