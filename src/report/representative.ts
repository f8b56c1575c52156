/**
 * Which of several evaluations of one kind stands for a run: the page, `memloss compare` and the card for RobustBench ask here,
 * and so say the same of it.
 *
 * @module
 */

/** What the choice looks at. */
export interface Chosen {
  /** Number of test images. */
  readonly n: number;
  /** Seed of the attack's draws. */
  readonly seed: number;
  /** Of PGD and CW; 1 for all others, which are not begun again. */
  readonly restarts: number;
}

/**
 * The one of the most images; of several such, the one whose draws are from the run's own seed, then the one of the fewest
 * restarts, then the first.
 *
 * @param evaluations by file name
 * @param runSeed the seed of the run's recipe
 * @returns undefined where there is none
 */
export function representative<E>(
  evaluations: readonly E[],
  runSeed: number,
  describe: (evaluation: E) => Chosen,
): E | undefined {
  const ranked = evaluations.map((evaluation) => {
    const { n, seed, restarts } = describe(evaluation);
    return { evaluation, n, other: +(seed !== runSeed), restarts };
  });
  // Stable: where all is equal they stay as they came.
  ranked.sort((a, b) => b.n - a.n || a.other - b.other || a.restarts - b.restarts);
  return ranked[0]?.evaluation;
}
