import assert from "node:assert/strict";
import { powerOfTwo, powerOfTwoFrom } from "../../src/elementary/power_of_two.ts";

Deno.test("powerOfTwo() has every power that float64 has", () => {
  assert.equal(powerOfTwo(-1074), Number.MIN_VALUE);
  for (let i = -1074, expected = Number.MIN_VALUE; i <= 1023; i++, expected *= 2) {
    assert.equal(powerOfTwo(i), expected);
  }
});

Deno.test("powerOfTwoFrom() is a power of two itself, or the next above", () => {
  assert.deepEqual([0, 0.1, 1, 2, 3, 4, 5, 64, 64.5].map(powerOfTwoFrom), [
    ...[1, 1, 1, 2, 4, 4, 8, 64, 128],
  ]);
});
