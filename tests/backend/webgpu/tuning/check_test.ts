import assert from "node:assert/strict";
import fc from "fast-check";
import { operandSizes } from "../../../../src/backend/webgpu/convolution/shape.ts";
import {
  randomOperand,
  sampleResult,
  worstError,
} from "../../../../src/backend/webgpu/tuning/check.ts";
import {
  convolutions,
  randomTensors,
  referenceConvolution,
} from "../../../testing/naive/convolutions.ts";

Deno.test("sampleResult() is the convolution at its corners and elsewhere", () => {
  fc.assert(fc.property(convolutions, fc.nat(999), (convolution, seed) => {
    const tensors = randomTensors(convolution, seed), { x, w, dy } = tensors;
    const { y, dx, dw } = referenceConvolution(convolution, tensors);
    const { inputs: inChannels, outputs: outChannels, ...rest } = convolution;
    const shape = { ...rest, inChannels, outChannels };
    for (
      const [mode, first, second, expected] of [
        ["forward", x, w, y],
        ["inputGradient", dy, w, dx],
        ["filterGradient", x, dy, dw],
      ] as const
    ) {
      assert.deepEqual(operandSizes(mode, shape), [first.length, second.length, expected.length]);
      const { indices, values } = sampleResult(mode, shape, first, second);
      assert.equal(new Set(indices).size, indices.length);
      assert.ok(indices.includes(0) && indices.includes(expected.length - 1), mode);
      indices.forEach((index, i) => {
        const error = Math.abs(values[i]! - expected[index]!);
        assert.ok(error <= 1e-9 * (1 + Math.abs(expected[index]!)), `${mode} ${index}: ${error}`);
      });
    }
  }));
});

Deno.test("sampleResult() takes pixels from all over a large batch, with all their channels", () => {
  const shape = { batch: 64, height: 32, width: 32, inChannels: 16, outChannels: 8 };
  const convolution = { ...shape, kernel: 3, stride: 1 } as const;
  const [first, second] = operandSizes("forward", convolution);
  const { indices } = sampleResult(
    "forward",
    convolution,
    randomOperand(first, 1),
    randomOperand(second, 2),
  );
  const images = new Set(indices.map((index) => Math.floor(index / (32 * 32 * 8))));
  assert.ok(images.size > 20, `${images.size} images`);
  assert.equal(indices.length % 8, 0);
  const pixels = new Set(indices.map((index) => Math.floor(index / 8)));
  assert.equal(pixels.size, indices.length / 8);
});

Deno.test("worstError() is relative to the largest value", () => {
  assert.equal(worstError(Float32Array.of(-4, 1.5), Float64Array.of(-4, 1)), 0.125);
  assert.equal(worstError(Float32Array.of(-2, 1), Float32Array.of(-4, 1)), 0.5);
});

Deno.test("randomOperand() is uniform in (-1,1) and not the same for all seeds", () => {
  const values = randomOperand(200_000, 1);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  assert.ok(values.every((value) => Math.abs(value) <= 1));
  assert.ok(Math.abs(mean) < 0.01 && Math.abs(square - 1 / 3) < 0.01, `${mean} ${square}`);
  assert.equal(values[65_537 + 3], values[3]);
  assert.notEqual(randomOperand(1, 2)[0], values[0]);
});
