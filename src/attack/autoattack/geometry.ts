/**
 * Lengths and projections of single images, on the host: sums in float64, points in float32.
 *
 * @module
 */
import type { AttackNorm } from "../options.ts";

/** Length of `values` in the norm. */
export function lengthOf(norm: AttackNorm, values: ArrayLike<number>): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (norm === "linf") result = Math.max(result, Math.abs(value));
    else result += value * value;
  }
  return norm === "linf" ? result : Math.sqrt(result);
}

/** Distance between two images in the norm. */
export function distanceBetween(norm: AttackNorm, a: Float32Array, b: Float32Array): number {
  return lengthOf(norm, a.map((value, i) => value - b[i]!));
}

/** `value` between `low` and `high`; NaN stays NaN. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** `direction` stretched to length `radius`, added to `x` and clipped to [0,1]: where APGD and FAB start. */
export function startAlong(
  norm: AttackNorm,
  x: Float32Array,
  direction: Float32Array,
  radius: number,
): Float32Array {
  const scale = radius / lengthOf(norm, direction);
  return x.map((value, i) => clamp(value + scale * direction[i]!, 0, 1));
}

/** The hyperplane `⟨normal, x⟩ = offset`. */
export interface Hyperplane {
  readonly normal: Float32Array;
  readonly offset: number;
}

/** Components below this count as zero in L2, as in FAB's published code. */
const LEAST_COMPONENT = 1e-8;

/**
 * The shortest `d` with `⟨normal, point + d⟩ = offset` and `point + d` in [0,1] (Croce & Hein 2020, FAB, eq. 3); where
 * the box does not reach the plane, the corner that comes nearest.
 *
 * The solution moves every component against the sign of `normal`, by `λ` (L∞) or `λ·|normal|` (L2), until it meets
 * the box. What is gained towards the plane is a concave, piecewise linear function of `λ`; Newton's method from below
 * ends at the exact `λ` after a few passes, where the original sorts.
 *
 * @param point an image with values in [0,1]
 */
export function projectOntoPlane(
  norm: AttackNorm,
  point: Float32Array,
  { normal, offset }: Hyperplane,
): Float32Array {
  let excess = -offset;
  for (let i = 0; i < point.length; i++) excess += normal[i]! * point[i]!;
  const side = excess >= 0 ? 1 : -1;
  excess *= side;
  const least = norm === "linf" ? 0 : LEAST_COMPONENT;
  const weights = normal.map((value) => Math.abs(value) > least ? Math.abs(value) : 0);
  const speeds = norm === "linf" ? undefined : weights; // L∞: every component moves alike
  const room = point.map((value, i) => side * normal[i]! > 0 ? value : 1 - value);

  let lambda = 0;
  for (let stuck = -1;;) {
    let gained = 0, slope = 0, nowStuck = 0;
    for (let i = 0; i < point.length; i++) {
      const weight = weights[i]!, speed = speeds ? weight : 1;
      if (lambda * speed >= room[i]!) {
        gained += weight * room[i]!;
        nowStuck++;
      } else slope += weight * speed;
    }
    // More and more meet the box; fewer do by rounding alone, which would go round in a circle.
    if (nowStuck <= stuck) break;
    stuck = nowStuck;
    lambda = slope > 0 ? (excess - gained) / slope : Infinity;
    if (!(lambda < Infinity)) break;
  }
  return point.map((_, i) => {
    const weight = weights[i]!;
    if (weight === 0) return 0;
    const way = Math.min(room[i]!, speeds ? lambda * weight : lambda);
    return -side * Math.sign(normal[i]!) * way;
  });
}
