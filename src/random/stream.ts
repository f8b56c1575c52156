/**
 * A named stream of random numbers: the same purpose, seed and coordinates always give the same draws.
 *
 * @module
 */
import { log } from "../elementary/log.ts";
import { sinCosOfTurn } from "../elementary/turn.ts";
import { philox4x32 } from "./philox.ts";

/** What a stream is for. The number goes into the key: two purposes never share a draw. Never renumber. */
export const Purpose = {
  initialisation: 1,
  shuffle: 2,
  augmentation: 3,
  attackStart: 4,
  synthetic: 5,
  split: 6,
  evaluationStart: 7,
  attackNoise: 8,
  apgdStart: 9,
  fabStart: 10,
  square: 11,
  bootstrap: 12,
  corruption: 13,
} as const;

/** One of {@linkcode Purpose}'s values. */
export type Purpose = typeof Purpose[keyof typeof Purpose];

/** How many different words there are. */
const WORDS = 0x100000000;
/** Of the angle of the normal draw under way. */
const SIN_COS = new Float64Array(2);

/**
 * Draws from Philox keyed by `(seed, purpose)` at the counter `(block, a, b, c)`.
 *
 * @example
 * ```ts
 * import { Purpose, Stream } from "./stream.ts";
 * const crop = new Stream(1, Purpose.augmentation, 3, 17); // seed 1, epoch 3, image 17
 * crop.integer(9); // in 0..8, always the same
 * ```
 */
export class Stream {
  readonly #key: readonly [number, number];
  readonly #counter: [number, number, number, number];
  readonly #block = new Uint32Array(4);
  #used = 4;
  #spareNormal: number | undefined;

  /** @param seed an integer in 0..2^32-1; `a`, `b`, `c` likewise (epoch, index, restart …). */
  constructor(seed: number, purpose: Purpose, a = 0, b = 0, c = 0) {
    this.#key = [seed >>> 0, purpose];
    this.#counter = [0, a >>> 0, b >>> 0, c >>> 0];
  }

  /** The next unsigned 32-bit word. */
  word(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0]++;
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }

  /** Uniform in [0, 1), a multiple of 2^-24: exact in float32. */
  uniform(): number {
    return (this.word() >>> 8) / 0x1000000;
  }

  /** Uniform integer in 0..n-1 without modulo bias (by rejection). `n` in 1..2^32. */
  integer(n: number): number {
    const limit = WORDS - WORDS % n;
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % n;
  }

  /** Standard normal (Box–Muller, both values used). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * log(1 - this.uniform()));
    sinCosOfTurn(this.uniform(), SIN_COS);
    this.#spareNormal = radius * SIN_COS[0]!;
    return radius * SIN_COS[1]!;
  }

  /** A uniformly random permutation of 0..n-1 (Fisher–Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swap = order[i]!;
      order[i] = order[j]!;
      order[j] = swap;
    }
    return order;
  }
}
