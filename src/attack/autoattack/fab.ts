/**
 * The fast adaptive boundary attack (Croce & Hein 2020, arXiv 1907.02044): the nearest misclassified image, by
 * repeated projection onto the linearised decision boundary.
 *
 * Its loss must be `z_target − z_label` ({@linkcode targetDifference}).
 *
 * @module
 */
import { clamp, distanceBetween, type Hyperplane, lengthOf, projectOntoPlane } from "./geometry.ts";
import type { AttackNorm } from "../options.ts";
import { predictedClass } from "../../model/predicted_class.ts";
import type { Example, Observation, Search } from "./search.ts";

/** How one run goes. */
export interface FabOptions {
  readonly norm: AttackNorm;
  readonly iterations: number;
  /** Classes whose boundaries are tried: one in the targeted form, all others in the untargeted. */
  readonly targets: readonly number[];
  /** Stops at the first misclassified image no farther than this. */
  readonly within: number;
}

/** A misclassified image and its distance from the clean one. */
export interface Nearest {
  readonly point: Float32Array;
  readonly distance: number;
}

/** Largest weight of the step that starts from the clean image. */
const ALPHA_MAX = 0.1;
/** Overshoot behind the boundary. */
const ETA = 1.05;
/** Where on the way back to the clean image a misclassified point continues. */
const BETA = 0.9;
const LEAST_LENGTH = 1e-8;

/** Where a run stands: about to look at `point`. */
export type FabState = {
  point: Float32Array;
  /** Steps taken, and those of them whose end was looked at. */
  steps: number;
  judged: number;
  /** Number of the target whose boundary is linearised at `point`. */
  target: number;
  /** The nearest of the boundaries before it, and how far away that is; absent before the first. */
  normal?: Float32Array | undefined;
  offset: number;
  least: number;
  /** The nearest misclassified image so far and its distance; absent before the first. */
  best?: Float32Array;
  distance: number;
};

/** A run's state before it looks at `start`, an image with values in [0,1]: the clean image in the first run. */
export function beginFab(start: Float32Array): FabState {
  const none = { offset: NaN, least: NaN, distance: NaN };
  return { point: start, steps: 0, judged: 0, target: 0, ...none };
}

/** The nearest misclassified image found, or undefined. */
export function* fab(
  { x, label }: Example,
  { norm, iterations, targets, within }: FabOptions,
  at: FabState,
): Search<Nearest | undefined> {
  const found = () => at.best && { point: at.best, distance: at.distance };
  while (true) {
    const seen = yield { point: at.point, target: targets[at.target]! };
    if (at.judged < at.steps) {
      at.judged++;
      const outside = predictedClass(seen.logits) !== label;
      if (outside) {
        const { point } = at, distance = distanceBetween(norm, point, x);
        if (at.best === undefined || distance < at.distance) {
          Object.assign(at, { best: point, distance });
        }
        if (distance <= within) return found();
        at.point = point.map((value, j) => x[j]! + BETA * (value - x[j]!));
      }
      if (at.judged === iterations) return found();
      if (outside) continue;
    }
    linearise(norm, at, seen);
    if (++at.target < targets.length) continue;
    at.point = step(norm, x, at.point, { normal: at.normal!, offset: at.offset });
    at.steps++;
    at.target = 0;
    at.normal = undefined;
  }
}

/** Keeps the boundary that is linearised in `seen`, at the point, if it is the nearest so far. */
function linearise(norm: AttackNorm, at: FabState, { loss, gradient }: Observation): void {
  const { point } = at;
  const distance = Math.abs(loss) / (1e-12 + dualLength(norm, gradient));
  if (at.normal !== undefined && !(distance < at.least)) return;
  let offset = -loss;
  for (let i = 0; i < point.length; i++) offset += gradient[i]! * point[i]!;
  Object.assign(at, { normal: gradient.slice(), offset, least: distance });
}

/** A little behind the boundary, between where it is met from the point and where from the clean image. */
function step(
  norm: AttackNorm,
  x: Float32Array,
  point: Float32Array,
  plane: Hyperplane,
): Float32Array {
  const fromPoint = projectOntoPlane(norm, point, plane);
  const fromClean = projectOntoPlane(norm, x, plane);
  const wayOn = Math.max(lengthOf(norm, fromPoint), LEAST_LENGTH);
  const wayOut = Math.max(lengthOf(norm, fromClean), LEAST_LENGTH);
  const alpha = Math.min(wayOn / (wayOn + wayOut), ALPHA_MAX);
  return point.map((value, j) => {
    const on = value + ETA * fromPoint[j]!, out = x[j]! + ETA * fromClean[j]!;
    return clamp((1 - alpha) * on + alpha * out, 0, 1);
  });
}

/** Length of a gradient in the norm dual to the attack's. */
function dualLength(norm: AttackNorm, gradient: Float32Array): number {
  if (norm === "l2") return lengthOf("l2", gradient);
  let sum = 0;
  for (const value of gradient) sum += Math.abs(value);
  return sum;
}
