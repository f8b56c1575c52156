/**
 * From logits to a class.
 *
 * @module
 */

/** The class of the largest of one image's logits; −1 if any is not finite, so that a NaN is never a hit. */
export function predictedClass(logits: Float32Array): number {
  return logits.every(Number.isFinite) ? logits.indexOf(Math.max(...logits)) : -1;
}
