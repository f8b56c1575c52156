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

/**
 * The nearest misclassified image found, or undefined.
 *
 * @param start an image with values in [0,1]; the clean image in the first run
 */
export function* fab(
  { x, label }: Example,
  start: Float32Array,
  { norm, iterations, targets, within }: FabOptions,
): Search<Nearest | undefined> {
  const first = targets[0]!;
  let point = start;
  let seen: Observation | undefined; // at `point`, for the first target
  let best: Nearest | undefined;
  for (let i = 0; i < iterations; i++) {
    const plane = yield* nearestPlane(norm, point, targets, seen);
    const fromPoint = projectOntoPlane(norm, point, plane);
    const fromClean = projectOntoPlane(norm, x, plane);
    const wayOn = Math.max(lengthOf(norm, fromPoint), LEAST_LENGTH);
    const wayOut = Math.max(lengthOf(norm, fromClean), LEAST_LENGTH);
    const alpha = Math.min(wayOn / (wayOn + wayOut), ALPHA_MAX);
    point = point.map((value, j) => {
      const on = value + ETA * fromPoint[j]!, out = x[j]! + ETA * fromClean[j]!;
      return clamp((1 - alpha) * on + alpha * out, 0, 1);
    });
    seen = yield { point, target: first };
    if (predictedClass(seen.logits) === label) continue;
    const distance = distanceBetween(norm, point, x);
    if (best === undefined || distance < best.distance) best = { point, distance };
    if (distance <= within) return best;
    point = point.map((value, j) => x[j]! + BETA * (value - x[j]!));
    seen = undefined;
  }
  return best;
}

/** The nearest of the boundaries towards `targets`, linearised at `point`. */
function* nearestPlane(
  norm: AttackNorm,
  point: Float32Array,
  targets: readonly number[],
  seen: Observation | undefined,
): Search<Hyperplane> {
  let nearest: Hyperplane | undefined, least = Infinity;
  for (const target of targets) {
    const { loss, gradient } = seen ?? (yield { point, target });
    seen = undefined;
    const distance = Math.abs(loss) / (1e-12 + dualLength(norm, gradient));
    if (nearest !== undefined && !(distance < least)) continue;
    let offset = -loss;
    for (let i = 0; i < point.length; i++) offset += gradient[i]! * point[i]!;
    nearest = { normal: gradient.slice(), offset };
    least = distance;
  }
  return nearest!;
}

/** Length of a gradient in the norm dual to the attack's. */
function dualLength(norm: AttackNorm, gradient: Float32Array): number {
  if (norm === "l2") return lengthOf("l2", gradient);
  let sum = 0;
  for (const value of gradient) sum += Math.abs(value);
  return sum;
}
