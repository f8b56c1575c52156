import assert from "node:assert/strict";
import { mean, sampleDeviation } from "../../src/statistics/moments.ts";
import { tInterval, twoSidedQuantile } from "../../src/statistics/student_t.ts";
import { REFERENCE } from "./reference.ts";

Deno.test("twoSidedQuantile() is SciPy's, to a relative 1e-11", () => {
  for (const { share, freedom, t } of REFERENCE.quantiles) {
    const quantile = twoSidedQuantile(share, freedom);
    assert(Math.abs(quantile / t - 1) < 1e-11, `${share}, ${freedom}: ${quantile}, not ${t}`);
  }
});

Deno.test("tInterval(), mean() and sampleDeviation() are SciPy's, to 1e-12", () => {
  for (const { values, low, high, ...moments } of REFERENCE.samples) {
    const interval = tInterval(values)!;
    const found = [interval.low, interval.high, mean(values), sampleDeviation(values)!];
    [low, high, moments.mean, moments.deviation].forEach((expected, i) =>
      assert(Math.abs(found[i]! - expected) < 1e-12, `${values}: ${found[i]}, not ${expected}`)
    );
  }
});

Deno.test("tInterval() and sampleDeviation() say nothing of a single seed", () => {
  assert.equal(tInterval([0.5]), undefined);
  assert.equal(sampleDeviation([0.5]), undefined);
});

Deno.test("tInterval() says nothing where all differences are equal, whatever their roundings", () => {
  assert.equal(tInterval([0.25, 0.25, 0.25]), undefined);
  assert.equal(tInterval([0, 0]), undefined);
  assert.notEqual(0.45 - 0.4, 0.55 - 0.5);
  assert.equal(tInterval([0.45 - 0.4, 0.55 - 0.5]), undefined);
  assert.ok(tInterval([0.5, 0.5 + 1e-6]), "one image in a million is a difference");
});
