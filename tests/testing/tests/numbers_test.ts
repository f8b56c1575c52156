import assert from "node:assert/strict";
import { assertClose, largestError, relativeError } from "../numbers.ts";

Deno.test("relativeError() divides the distance by the reference's length", () => {
  assert.equal(relativeError([3, 5], [3, 4]), 1 / 5);
  assert.equal(largestError([3, 5], [3, -4]), 9 / 4);
});

Deno.test("relativeError() is absolute where the reference is zero throughout", () => {
  assert.equal(relativeError([3, 4], [0, 0]), 5);
  assert.equal(relativeError([0, 0], [0, 0]), 0);
  assert.equal(largestError([0.5, -0.25], [0, 0]), 0.5);
});

Deno.test("assertClose() fails on a NaN, an infinity, a missing value and too large an error", () => {
  assertClose([1, 2], [1, 2], 0, "equal");
  for (const wrong of [[NaN, 2], [1, Infinity], [1], [1, 2.01]]) {
    assert.throws(() => assertClose(wrong, [1, 2], 1e-3, "wrong"));
  }
  assert.throws(() => assertClose([1], [NaN], 1, "reference"));
  assert.ok(Number.isNaN(largestError([NaN, 1], [1, 1])));
});
