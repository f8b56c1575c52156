/**
 * Two methods held against each other: over seeds, and over test images.
 *
 * @module
 */
import { bootstrapIntervals } from "../../statistics/bootstrap.ts";
import type { Interval } from "../../statistics/interval.ts";
import { type McNemar, mcNemar } from "../../statistics/mcnemar.ts";
import { mean } from "../../statistics/moments.ts";
import { tInterval } from "../../statistics/student_t.ts";
import type { Evaluation, MeasuredRun, TableLayout } from "./layout.ts";
import { sameImages } from "./test_images.ts";

/** The paired difference of two rows in one column. */
export interface Difference {
  readonly column: string;
  /** Names of the rows: the accuracy of `first` less that of `second`. */
  readonly first: string;
  readonly second: string;
  /** Mean over the seeds that both have. */
  readonly difference: number;
  readonly seeds: readonly number[];
  /** Paired t interval over seeds; absent for one seed, and where all seeds have the same difference. */
  readonly overSeeds?: Interval;
  /** Absent where a run has no verdicts of single images, or the two saw other images, or may have. */
  readonly overImages?: ImageDifference;
}

/** A difference over the images of one test set. */
export interface ImageDifference {
  readonly n: number;
  /** Bootstrap interval of the difference of these trained models on another test set. */
  readonly interval: Interval;
  /** McNemar's exact test for each seed's two models. */
  readonly mcNemar: readonly (McNemar & { readonly seed: number })[];
}

/** Two evaluations with the same seed. */
interface Pair {
  readonly seed: number;
  readonly first: Evaluation;
  readonly second: Evaluation;
}

/** Draws the bootstrap's test sets: always the same, so that a table written twice is the same. */
const BOOTSTRAP_SEED = 1;

/** Every two rows of `layout` that have a seed in common, in every column. */
export function pairedDifferences(
  { rows, columns }: Pick<TableLayout, "rows" | "columns">,
  runs: readonly MeasuredRun[],
): Difference[] {
  const names = rows.map(({ name }) => name);
  return columns.flatMap(({ name: column }) => {
    const compared = names.flatMap((first, index) =>
      names.slice(index + 1).map((second) => ({ first, second, pairs: pairUp(first, second) }))
    ).filter(({ pairs }) => pairs.length > 0);
    const images = overImages(compared.map(({ pairs }) => pairs));
    return compared.map(({ first, second, pairs }, index): Difference => {
      const differences = pairs.map((pair) => pair.first.accuracy - pair.second.accuracy);
      const overSeeds = tInterval(differences);
      return {
        column,
        first,
        second,
        difference: mean(differences),
        seeds: pairs.map(({ seed }) => seed),
        ...overSeeds && { overSeeds },
        ...images[index] && { overImages: images[index] },
      };
    });

    function pairUp(first: string, second: string): Pair[] {
      const evaluation = (row: string, seed: number) =>
        runs.find((run) => run.row === row && run.seed === seed)?.evaluations[column];
      const seeds = runs.filter(({ row }) => row === first).map(({ seed }) => seed);
      return seeds.toSorted((a, b) => a - b).flatMap((seed) => {
        const one = evaluation(first, seed), other = evaluation(second, seed);
        return one && other ? [{ seed, first: one, second: other }] : [];
      });
    }
  });
}

/** For each list of pairs what its verdicts say. Lists on as many images share the bootstrap's test sets. */
function overImages(compared: readonly (readonly Pair[])[]): (ImageDifference | undefined)[] {
  const scores = compared.map(imageScores);
  const found: (ImageDifference | undefined)[] = compared.map(() => undefined);
  for (const n of new Set(scores.flatMap((score) => score ? [score.length] : []))) {
    const members = [...scores.keys()].filter((index) => scores[index]?.length === n);
    const intervals = bootstrapIntervals(members.map((index) => scores[index]!), BOOTSTRAP_SEED);
    members.forEach((index, position) =>
      found[index] = {
        n,
        interval: intervals[position]!,
        mcNemar: compared[index]!.map(({ seed, first, second }) => ({
          seed,
          ...mcNemar(first.verdicts!, second.verdicts!),
        })),
      }
    );
  }
  return found;
}

/**
 * By how many more of its seeds the first method is right on each image, as a share of them; undefined if unknown. Where
 * each seed has images of its own, those at one place stand for one draw of each: the interval of the mean is the same.
 */
function imageScores(pairs: readonly Pair[]): Float64Array | undefined {
  const n = pairs[0]!.first.verdicts?.length;
  const known = n !== undefined &&
    pairs.every(({ first, second }) =>
      first.verdicts?.length === n && second.verdicts?.length === n &&
      sameImages(first.images, second.images)
    );
  if (!known) return undefined;
  const scores = new Float64Array(n);
  for (const { first, second } of pairs) {
    for (let i = 0; i < n; i++) {
      scores[i]! += +(first.verdicts![i] === "1") - +(second.verdicts![i] === "1");
    }
  }
  return scores.map((score) => score / pairs.length);
}
