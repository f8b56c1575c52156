import assert from "node:assert/strict";
import { predictedClass } from "../../src/model/predicted_class.ts";

Deno.test("predictedClass() is the first of the largest logits", () => {
  assert.equal(predictedClass(Float32Array.of(-1, 3, 2)), 1);
  assert.equal(predictedClass(Float32Array.of(2, 5, 5)), 1);
});

Deno.test("predictedClass() is no class when a logit is not finite", () => {
  assert.equal(predictedClass(Float32Array.of(1, NaN)), -1);
  assert.equal(predictedClass(Float32Array.of(1, Infinity)), -1);
});
