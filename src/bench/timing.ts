/**
 * Seconds of a piece of work, also of one that is too quick to be timed alone.
 *
 * @module
 */

/** A sample repeats its work for this long: a shorter one is mostly noise. */
const LEAST_SECONDS = 0.2;

/** The seconds that `work` takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Takes samples of the same work again and again. */
export class Sampler {
  readonly #repeat: (times: number) => Promise<void>;
  #times = 1;

  /** @param repeat does the work so many times, and resolves when the last is done */
  constructor(repeat: (times: number) => Promise<void>) {
    this.#repeat = repeat;
  }

  /** Runs until its code is warm and it is known how often a sample has to repeat. */
  async warmUp(): Promise<void> {
    await this.#repeat(1);
    for (;;) {
      const seconds = await this.#seconds();
      if (seconds >= LEAST_SECONDS) return;
      // No more than ten times as many at once: the first runs are the slowest.
      const factor = Math.min(10, 1.2 * LEAST_SECONDS / seconds);
      this.#times = Math.ceil(factor * this.#times);
    }
  }

  /** Seconds of one run, from runs that took a fifth of a second or more together. */
  async sample(): Promise<number> {
    let seconds = 0, runs = 0;
    while (seconds < LEAST_SECONDS) {
      seconds += await this.#seconds();
      runs += this.#times;
    }
    return seconds / runs;
  }

  #seconds(): Promise<number> {
    return secondsOf(() => this.#repeat(this.#times));
  }
}
