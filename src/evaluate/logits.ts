/**
 * Logits that mean nothing are told as such: an accuracy of 0 % would say that the model was measured.
 *
 * @module
 */
import { RunError } from "../errors.ts";

/** Logits of an image are not finite. */
export class NotFiniteLogits extends RunError {
  /** Which, and what they are: the beginning of a sentence. */
  readonly what: string;

  constructor(image: number, value: number) {
    const what = `The model's logits on image ${image} are not finite (${value})`;
    super(`${what}: its weights are damaged or it has diverged.`);
    this.what = what;
  }
}

/**
 * Checks the logits of N images, `N · classes` values.
 *
 * @param ids N indices in the data set
 * @throws {NotFiniteLogits} naming the first image with a logit that is not finite
 */
export function assertFiniteLogits(
  logits: Float32Array,
  classes: number,
  ids: ArrayLike<number>,
): void {
  const bad = logits.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new NotFiniteLogits(ids[Math.floor(bad / classes)]!, logits[bad]!);
}
