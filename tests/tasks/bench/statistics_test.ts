import assert from "node:assert/strict";
import { formatSpread, median } from "../../../tasks/bench/statistics.ts";

Deno.test("median() takes the middle when there is one, and the mean of the middle two when not", () => {
  assert.equal(median([10, 9, 2]), 9);
  assert.equal(median([10, 9, 2, 4]), 6.5);
});

Deno.test("formatSpread() shows the extremes when values are in any order", () => {
  assert.equal(formatSpread([1.5, 0.25, 1], 2), "1.00 [0.25, 1.50]");
});
