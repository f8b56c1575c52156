import assert from "node:assert/strict";
import { classCounts, confusionOf } from "../../src/evaluate/confusion.ts";

Deno.test("confusionOf() has true classes in rows and predicted ones in columns", () => {
  const confusion = confusionOf(Uint8Array.of(0, 0, 2, 2, 2), [0, 1, 2, 0, 2], 3);
  assert.deepEqual(confusion, [[1, 1, 0], [0, 0, 0], [1, 0, 2]]);
});

Deno.test("confusionOf() has an image without a predicted class in no column", () => {
  assert.deepEqual(confusionOf([1, 1], [-1, 1], 2), [[0, 0], [0, 1]]);
});

Deno.test("classCounts() says of each class how many are classified correctly, and of how many", () => {
  assert.deepEqual(classCounts([[3, 1, 0], [0, 0, 0], [1, 2, 0]]), [[3, 4], [0, 0], [0, 3]]);
});
