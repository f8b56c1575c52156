import assert from "node:assert/strict";
import { bootstrapIntervals } from "../../src/statistics/bootstrap.ts";
import { REFERENCE } from "./reference.ts";

const { verdicts, seeds, n, bootstrap } = REFERENCE.comparison;
/** By how many more of its seeds the first method classifies each image correctly, as a share of them. */
const differences = Float64Array.from({ length: n }, (_, image) => {
  const score = (rows: readonly string[]) => rows.filter((row) => row[image] === "1").length;
  return (score(verdicts.first) - score(verdicts.second)) / seeds.length;
});

Deno.test("bootstrapIntervals() is SciPy's percentile interval, but for the draws", () => {
  // The end of an interval from 2,000 resamples has a standard deviation of about 0.0008 here; SciPy's has 200,000.
  for (const seed of [1, 2, 3]) {
    const [interval] = bootstrapIntervals([differences], seed);
    assert(Math.abs(interval!.low - bootstrap.low) < 0.003, `${interval!.low}`);
    assert(Math.abs(interval!.high - bootstrap.high) < 0.003, `${interval!.high}`);
  }
});

Deno.test("bootstrapIntervals() draws the same from the same seed, and the same images for every difference", () => {
  const opposite = differences.map((value) => -value);
  const [one, other] = bootstrapIntervals([differences, opposite], 7);
  assert.deepEqual(bootstrapIntervals([differences], 7), [one]);
  assert.notDeepEqual(bootstrapIntervals([differences], 8), [one]);
  assert(Math.abs(one!.low + other!.high) < 1e-12 && Math.abs(one!.high + other!.low) < 1e-12);
});

Deno.test("bootstrapIntervals() has no width where every image says the same", () => {
  assert.deepEqual(bootstrapIntervals([[0, 0, 0], [1, 1, 1]], 1), [
    { low: 0, high: 0 },
    { low: 1, high: 1 },
  ]);
});
