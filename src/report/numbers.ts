/**
 * How tables write numbers: accuracies in percent, differences in points, with two digits.
 *
 * @module
 */
import type { Interval } from "../statistics/interval.ts";
import type { Summary } from "./result_table.ts";

/** An accuracy in [0,1] as `48.87`. */
export function percent(accuracy: number): string {
  return (100 * accuracy).toFixed(2);
}

/** A difference of accuracies as `+0.31` or `−0.31`. */
export function points(difference: number): string {
  const text = percent(Math.abs(difference));
  return text === "0.00" ? text : `${difference < 0 ? "−" : "+"}${text}`;
}

/** An interval of differences as `[−0.51, +1.13]`. */
export function pointsInterval({ low, high }: Interval): string {
  return `[${points(low)}, ${points(high)}]`;
}

/** An interval of accuracies as `[46.43, 55.16]`. */
export function percentInterval({ low, high }: Interval): string {
  return `[${percent(low)}, ${percent(high)}]`;
}

/** A p-value as `0.031`, or `<0.001`. */
export function pValue(p: number): string {
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}

/** `55.12 ± 0.31`; without a deviation where there is one seed. */
export function meanAndDeviation({ mean, deviation }: Summary, sign = "±"): string {
  return deviation === undefined ? percent(mean) : `${percent(mean)} ${sign} ${percent(deviation)}`;
}
