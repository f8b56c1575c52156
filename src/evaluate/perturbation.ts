/**
 * What AutoAttack reports about its images: the largest perturbation, and whether all values are numbers in [0,1].
 *
 * @module
 */
import type { AttackNorm } from "../attack/options.ts";
import { lengthOf } from "../attack/autoattack/geometry.ts";

/** Extremes over all images. */
export interface Perturbation {
  /** Largest distance of an image from its clean one. */
  readonly largest: number;
  /** Values that are no numbers. */
  readonly nan: number;
  /** The largest value. */
  readonly max: number;
  /** The smallest value. */
  readonly min: number;
}

/** Gathers {@linkcode Perturbation} batch by batch. */
export class PerturbationMeter {
  readonly #norm: AttackNorm;
  readonly #values: number;
  #largest = 0;
  #nan = 0;
  #max = -Infinity;
  #min = Infinity;

  /** @param values of one image */
  constructor(norm: AttackNorm, values: number) {
    this.#norm = norm;
    this.#values = values;
  }

  /** Adds N images, one after another. */
  add(clean: Float32Array, adversarial: Float32Array): void {
    for (const value of adversarial) {
      if (Number.isNaN(value)) this.#nan++;
      if (value > this.#max) this.#max = value;
      if (value < this.#min) this.#min = value;
    }
    for (let first = 0; first < clean.length; first += this.#values) {
      const delta = clean.subarray(first, first + this.#values)
        .map((value, i) => adversarial[first + i]! - value);
      this.#largest = Math.max(this.#largest, lengthOf(this.#norm, delta));
    }
  }

  /** The extremes so far. */
  result(): Perturbation {
    return { largest: this.#largest, nan: this.#nan, max: this.#max, min: this.#min };
  }
}

/** As AutoAttack prints it. */
export function describePerturbation(
  norm: AttackNorm,
  { largest, nan, max, min }: Perturbation,
): string {
  const name = norm === "linf" ? "Linf" : "L2";
  return `max ${name} perturbation: ${largest.toFixed(5)}, nan in tensor: ${nan}, max: ${
    max.toFixed(5)
  }, min: ${min.toFixed(5)}`;
}
