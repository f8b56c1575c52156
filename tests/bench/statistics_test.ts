import assert from "node:assert/strict";
import {
  formatSpread,
  geometricMean,
  median,
  quantile,
  spreadOf,
} from "../../src/bench/statistics.ts";

Deno.test("median() takes the middle when there is one, and the mean of the middle two when not", () => {
  assert.equal(median([10, 9, 2]), 9);
  assert.equal(median([10, 9, 2, 4]), 6.5);
});

Deno.test("quantile() lies between two values in proportion, and at the ends is one", () => {
  const values = [30, 10, 20];
  assert.deepEqual([0, 0.25, 0.5, 0.95, 1].map((share) => quantile(values, share)), [
    10,
    15,
    20,
    29,
    30,
  ]);
  assert.equal(quantile([7], 0.95), 7);
});

Deno.test("geometricMean() of a factor and its inverse is one", () => {
  assert.ok(Math.abs(geometricMean([8, 1 / 8]) - 1) < 1e-12);
  assert.ok(Math.abs(geometricMean([2, 4, 8]) - 4) < 1e-12);
});

Deno.test("formatSpread() shows the extremes when values are in any order", () => {
  assert.equal(formatSpread([1.5, 0.25, 1], 2), "1.00 [0.25, 1.50]");
  assert.equal(formatSpread(spreadOf([1.5, 0.25, 1]), 2), "1.00 [0.25, 1.50]");
});
