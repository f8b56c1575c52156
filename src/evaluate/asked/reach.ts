/**
 * Whether an attack of so many steps of such a length can go as far as its ball allows.
 *
 * @module
 */
import type { ThreatModel } from "../../attack/options.ts";
import { type EvaluationName, RADIUS, STEP_SIZE } from "../evaluate.ts";
import { formatRadius } from "../report.ts";

/** The published steps, for the published radius. */
const PUBLISHED_STEPS = 20;
/** Sums of steps are off by their rounding. */
const ROUNDING = 1e-9;

/** How far `steps` of length `stepSize` go at most, if that is less than `epsilon`; all three in [0,1] images' units. */
export function shortReach(steps: number, stepSize: number, epsilon: number): string | undefined {
  const reach = steps * stepSize;
  return reach < epsilon - ROUNDING ? formatRadius(reach) : undefined;
}

/**
 * A sentence where the steps of PGD or CW `name`, whose length is the same at every radius, are too few for this one.
 *
 * @param asked what asked for the attack, such as `--select val`; nobody unless given
 */
export function noteReach(
  name: EvaluationName,
  { norm, epsilon }: ThreatModel,
  asked = "",
): string[] {
  const [, kind, steps] = /^(pgd|cw)(\d+)$/.exec(name) ?? [];
  const reach = shortReach(Number(steps), STEP_SIZE[norm], epsilon);
  if (kind === undefined || reach === undefined) return [];
  const enough = Math.ceil(PUBLISHED_STEPS * epsilon / RADIUS[norm]);
  return [
    `${asked}${name} goes ${reach} from its start at most, less than the radius of ${
      formatRadius(epsilon)
    }: ` +
    `accuracies under it are too high${asked === "" ? `, and ${kind}${enough} goes farther` : ""}.`,
  ];
}
