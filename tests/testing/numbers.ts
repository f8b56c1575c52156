/**
 * How far computed numbers are from their references.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * `‖actual − expected‖₂ / ‖expected‖₂`, or `‖actual‖₂` where the reference is zero throughout. NaN if either holds a
 * NaN, so that `error <= tolerance` is false then.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length, "as many values as the reference has");
  let difference = 0, reference = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    reference += expected[i]! ** 2;
  }
  return Math.sqrt(reference === 0 ? difference : difference / reference);
}

/** Largest absolute difference as a share of the largest reference value; NaN if either holds a NaN. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length, "as many values as the reference has");
  let difference = 0, reference = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!)); // Math.max keeps a NaN
    reference = Math.max(reference, Math.abs(expected[i]!));
  }
  return reference === 0 ? difference : difference / reference;
}

/** Fails unless {@linkcode relativeError} is at most `tolerance`; `what` names the tensor. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  const error = relativeError(actual, expected);
  assert(error <= tolerance, `${what}: relative error ${error} exceeds ${tolerance}`);
}
