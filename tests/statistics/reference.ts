/**
 * What SciPy and statsmodels say, from `tests/fixtures/statistics.json`.
 *
 * @module
 */
import type { Interval } from "../../src/statistics/interval.ts";
import { jsonFixture } from "../testing/fixture.ts";

/** The fixture's content; `make_statistics.py` says what it is. */
export interface StatisticsReference {
  readonly wilson: readonly (Interval & { correct: number; n: number })[];
  readonly mcnemar: readonly { onlyFirst: number; onlySecond: number; p: number }[];
  readonly quantiles: readonly { share: number; freedom: number; t: number }[];
  readonly samples: readonly (Interval & { values: number[]; mean: number; deviation: number })[];
  /** Two methods with three seeds each, on the same images. */
  readonly comparison: {
    readonly seeds: readonly number[];
    readonly n: number;
    readonly verdicts: Readonly<Record<"first" | "second", readonly string[]>>;
    readonly means: Readonly<Record<"first" | "second", number>>;
    readonly deviations: Readonly<Record<"first" | "second", number>>;
    readonly wilson: Readonly<Record<"first" | "second", readonly Interval[]>>;
    readonly difference: number;
    readonly t: Interval;
    readonly mcnemar: readonly number[];
    readonly bootstrap: Interval;
  };
}

/** The reference values. */
export const REFERENCE = jsonFixture("statistics") as StatisticsReference;
