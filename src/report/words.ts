/**
 * Numbers as people read them; tables write accuracies in percent and differences in points, with two digits.
 *
 * @module
 */
import type { Interval } from "../statistics/interval.ts";
import type { Summary } from "./tables/results.ts";

/** `3725` as `1h02m`, `65` as `1m05s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor(whole / 60) % 60)}m`;
}

/** An accuracy in [0,1] as `48.87 %`. */
export function formatPercent(accuracy: number): string {
  return `${percent(accuracy)} %`;
}

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

/** A loss as `0.1234`, or `6.0e-6` where four decimals would leave next to nothing of it. */
export function formatLoss(loss: number): string {
  const small = loss !== 0 && Math.abs(loss) < 0.001;
  return small ? loss.toExponential(1) : loss.toFixed(4);
}

/** A p-value as `0.031`, or `<0.001`. */
export function pValue(p: number): string {
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}

/** `55.12 ± 0.31`; without a deviation where there is one seed. */
export function meanAndDeviation({ mean, deviation }: Summary, sign = "±"): string {
  return deviation === undefined ? percent(mean) : `${percent(mean)} ${sign} ${percent(deviation)}`;
}

/** What people call the evaluation `name`, with what sets it apart: `pgd20 restarts5` is `PGD-20, 5 restarts`. */
export function accuracyTitle(name: string): string {
  const [, attack = "", detail] = /^(\S*)(?: (.*))?$/.exec(name) ?? [];
  const apart = detail?.replace(/^restarts(\d+)$/, "$1 restarts");
  return attackTitle(attack) + (apart ? `, ${apart}` : "");
}

function attackTitle(name: string): string {
  const [, kind = "", steps = ""] = /^(pgd|cw)(\d+)$/.exec(name) ?? [];
  if (kind) return `${kind.toUpperCase()}-${steps}`;
  if (name === "fgsm") return "FGSM";
  return name === "autoattack" ? "AutoAttack" : name;
}

/** Kinds of evaluations by how their names begin, from clean accuracy to the strongest attack. */
const KINDS = ["clean", "fgsm", "pgd", "cw", "autoattack"] as const;

/** Where the evaluation `name` stands among others, from 0 for clean accuracy. */
export function accuracyRank(name: string): number {
  return KINDS.findIndex((kind) => name.startsWith(kind));
}

/** What people call the norm `linf` or `l2`. */
export function normTitle(norm: string): string {
  return norm === "linf" ? "L∞" : norm.toUpperCase();
}
