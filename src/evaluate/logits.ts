/**
 * Logits that mean nothing are told as such: an accuracy of 0 % would say that the model was measured.
 *
 * @module
 */
import { RunError } from "../errors.ts";

/**
 * Checks the logits of N images, `N · classes` values.
 *
 * @param ids N indices in the data set
 * @throws {RunError} naming the first image with a logit that is not finite
 */
export function assertFiniteLogits(
  logits: Float32Array,
  classes: number,
  ids: ArrayLike<number>,
): void {
  const bad = logits.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new RunError(
    `The model's logits on image ${ids[Math.floor(bad / classes)]} are not finite (${
      logits[bad]
    }): ` +
      "its weights are damaged or it has diverged.",
  );
}
