import assert from "node:assert/strict";
import { convolutionLayers } from "../../../src/bench/kernels/layers.ts";

Deno.test("convolutionLayers() has every shape of ResNet-18 once", () => {
  const layers = convolutionLayers(64, 8);
  assert.deepEqual(layers.map(({ name }) => name), [
    "3x3, 32x32, 3 to 64",
    "3x3, 32x32, 64 to 64",
    "1x1/2, 32x32, 64 to 128",
    "3x3/2, 32x32, 64 to 128",
    "3x3, 16x16, 128 to 128",
    "1x1/2, 16x16, 128 to 256",
    "3x3/2, 16x16, 128 to 256",
    "3x3, 8x8, 256 to 256",
    "1x1/2, 8x8, 256 to 512",
    "3x3/2, 8x8, 256 to 512",
    "3x3, 4x4, 512 to 512",
  ]);
  assert.deepEqual(layers.filter(({ main }) => main).map(({ name }) => name), [
    "3x3, 32x32, 64 to 64",
    "3x3, 16x16, 128 to 128",
    "3x3, 8x8, 256 to 256",
    "3x3, 4x4, 512 to 512",
  ]);
  const { shape } = layers[3]!;
  const expected = { batch: 8, height: 32, width: 32, inChannels: 64, outChannels: 128 };
  assert.deepEqual(shape, { ...expected, kernel: 3, stride: 2 });
});
