/**
 * How repeated measurements are summed up: noise of a shared machine moves a mean, hardly a median.
 *
 * @module
 */

/** The middle one of `values`, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** What `share`, in [0,1], of `values` do not exceed, between two of them in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1), below = Math.floor(at);
  const low = sorted[below]!, high = sorted[Math.ceil(at)]!;
  return low + (at - below) * (high - low);
}

/** The geometric mean of `values`, all over 0. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The middle and the ends of repeated measurements. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The middle and the ends of `values`. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** `values`, or what is known of them, as `median [least, most]`. */
export function formatSpread(values: readonly number[] | Spread, digits: number): string {
  const spread = "median" in values ? values : spreadOf(values);
  const [middle, least, most] = [spread.median, spread.least, spread.most]
    .map((value) => value.toFixed(digits));
  return `${middle} [${least}, ${most}]`;
}
