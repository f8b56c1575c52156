/**
 * The promise every attack makes, checked on the values that come back from the device.
 *
 * @module
 */
import { RunError } from "../errors.ts";
import type { PgdOptions } from "./options.ts";

/** What float32 rounding may add to the radius. */
export const BOUND_TOLERANCE = 1e-6;

/**
 * Checks that every adversarial image is finite, in [0,1] and within `epsilon + 1e-6` of its clean image.
 *
 * @param x N clean images, one after another
 * @param adversarial the same shape
 * @throws {RunError} naming the first image that is not
 */
export function assertWithinBounds(
  x: Float32Array,
  adversarial: Float32Array,
  { norm, epsilon }: Pick<PgdOptions, "norm" | "epsilon">,
  ids: ArrayLike<number>,
): void {
  const values = x.length / ids.length;
  for (let row = 0, i = 0; row < ids.length; row++) {
    let largest = 0, squares = 0, valid = true;
    for (const end = i + values; i < end; i++) {
      const value = adversarial[i]!;
      const delta = value - x[i]!;
      valid &&= value >= 0 && value <= 1; // false for NaN
      largest = Math.max(largest, Math.abs(delta));
      squares += delta * delta;
    }
    const distance = norm === "linf" ? largest : Math.sqrt(squares);
    if (valid && distance <= epsilon + BOUND_TOLERANCE) continue;
    throw new RunError(
      valid
        ? `The attack on image ${ids[row]} went ${distance} far, beyond its radius ${epsilon}.`
        : `The attack on image ${
          ids[row]
        } left [0,1] or is not a number: the model may have diverged.`,
    );
  }
}
