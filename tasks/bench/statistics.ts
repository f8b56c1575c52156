/**
 * How repeated measurements are summed up: noise of a shared machine moves a mean, hardly a median.
 *
 * @module
 */

/** The middle one of `values`, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** `values` as `median [least, most]`. */
export function formatSpread(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)]
    .map((value) => value.toFixed(digits));
  return `${middle} [${least}, ${most}]`;
}
