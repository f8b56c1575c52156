import assert from "node:assert/strict";
import { convolutionKey, otherBatches } from "../../../../src/backend/webgpu/tuning/key.ts";
import { FORWARD, KEY, SHAPE } from "../../../testing/webgpu/tuner.ts";

Deno.test("convolutionKey() says everything about a convolution", () => {
  assert.equal(convolutionKey(FORWARD), KEY);
  const shape = { ...SHAPE, kernel: 1, stride: 1 } as const;
  assert.equal(
    convolutionKey({ mode: "filterGradient", shape, precision: "f16" }),
    "filterGradient 2x5x7x3 5 k1 s1 f16",
  );
});

Deno.test("otherBatches() gives those that are not too different, the most similar first", () => {
  const keys = [1, 9, 4, 2, 3, 8].map((batch) =>
    convolutionKey({ ...FORWARD, shape: { ...SHAPE, batch, inChannels: 77 } })
  );
  const batches = (most: number) =>
    otherBatches(FORWARD, keys, most).map(({ shape }) => shape.batch);
  assert.deepEqual(batches(4), [2, 3, 1, 4, 8]);
  assert.deepEqual(batches(Infinity), [2, 3, 1, 4, 8, 9]);
});
