import assert from "node:assert/strict";
import { BINS, EMPTY, meanOf, withValues } from "../../src/statistics/histogram.ts";

Deno.test("withValues() counts each value in the part of [0,1] that it lies in, and rounding at the ends", () => {
  const { sum, counts } = withValues(
    EMPTY,
    Float32Array.of(0, 0.0499, 0.05, 0.5, 0.9999, 1, 1.0000001, -1e-7),
  );
  const expected = Array<number>(BINS).fill(0);
  Object.assign(expected, { 0: 3, 1: 1, 10: 1, 19: 3 });
  assert.deepEqual(counts, expected);
  assert.ok(Math.abs(sum - 3.5998001) < 1e-6);
  assert.deepEqual(EMPTY.counts, Array<number>(BINS).fill(0));
});

Deno.test("withValues() gives the same bits however the values come in", () => {
  const values = Float32Array.from({ length: 100 }, (_, i) => Math.fround(((i * 37) % 101) / 101));
  const parts = [values.subarray(0, 33), values.subarray(33, 34), values.subarray(34)];
  assert.deepEqual(parts.reduce(withValues, EMPTY), withValues(EMPTY, values));
});

Deno.test("meanOf() is the mean of what was counted", () => {
  assert.equal(meanOf(withValues(EMPTY, Float32Array.of(0.25, 0.75, 0.875, 0.125))), 0.5);
});
