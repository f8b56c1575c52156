import assert from "node:assert/strict";
import type { SafeTensor } from "../../../src/format/safetensors.ts";
import { affineOf, scaleFilter } from "../../../src/weights/export/fold.ts";

Deno.test("affineOf() folds ε, mean, γ and β of each channel", () => {
  const vectors = {
    weight: [2, -3],
    bias: [1, 0.5],
    running_mean: [3, -1],
    running_var: [4 - 1e-5, 0.25 - 1e-5],
  };
  const tensors = new Map(
    Object.entries(vectors).map(([kind, values]): [string, SafeTensor] => [
      `bn.${kind}`,
      { dtype: "F32", shape: [2], data: Float32Array.from(values) },
    ]),
  );
  const { scale, shift } = affineOf({ kind: "norm", name: "bn", channels: 2 }, tensors);
  const expected = [1, -6, -2, -5.5];
  [...scale, ...shift].forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]!) < 1e-6, `${value} is not ${expected[i]}`)
  );
});

Deno.test("scaleFilter() scales what makes each channel of the result", () => {
  const filter = Float32Array.of(1, 2, 3, 4, 5, 6);
  assert.deepEqual(
    scaleFilter(filter, Float64Array.of(2, -1)),
    Float32Array.of(2, 4, 6, -4, -5, -6),
  );
});
