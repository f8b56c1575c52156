import assert from "node:assert/strict";
import { wilsonInterval } from "../../src/statistics/wilson.ts";
import { REFERENCE } from "./reference.ts";

Deno.test("wilsonInterval() is statsmodels', to 1e-12", () => {
  for (const { correct, n, low, high } of REFERENCE.wilson) {
    const interval = wilsonInterval(correct, n);
    assert(Math.abs(interval.low - low) < 1e-12, `${correct} of ${n}: ${interval.low}`);
    assert(Math.abs(interval.high - high) < 1e-12, `${correct} of ${n}: ${interval.high}`);
  }
});

Deno.test("wilsonInterval() ends at exactly 0 or 1 when none or all are correct, and has a width", () => {
  for (const n of [1, 7, 500, 10_000]) {
    const none = wilsonInterval(0, n), all = wilsonInterval(n, n);
    assert.equal(none.low, 0);
    assert(none.high > 0 && none.high < 1);
    assert.equal(all.high, 1);
    assert(all.low > 0 && all.low < 1);
  }
});
