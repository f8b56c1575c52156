import type { ConvolutionShape } from "../../../src/backend/operations/convolution_shape.ts";
import assert from "node:assert/strict";
import { GPUS } from "../../../src/bench/kernels/gpus.ts";
import { convolutionLayers } from "../../../src/bench/kernels/layers.ts";
import { rooflines, variantRoofline } from "../../../src/bench/kernels/roofline.ts";
import type { ConvolutionVariant } from "../../../src/backend/webgpu/convolution/shape.ts";
import { tileVariant } from "../../../src/backend/webgpu/convolution/gather/tile.ts";
import {
  floats,
  input,
  type Kernel,
  output,
  scratch,
} from "../../../src/backend/webgpu/program/kernel.ts";

function assertClose(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) <= 1e-9 * expected, `${value}, not ${expected}`);
}

/** 128 pixels, a depth of 64, 64 channels: two tiles of 64 × 64. */
const POINTWISE: ConvolutionShape = {
  ...{ batch: 2, height: 8, width: 8, inChannels: 64, outChannels: 64, kernel: 1, stride: 1 },
};

Deno.test("variantRoofline() of a tile of 64 × 64 is what counting by hand gives", () => {
  const { kernels, predictions } = variantRoofline(tileVariant("forward", 64), POINTWISE);
  assert.equal(kernels.length, 1);
  const [{ workgroups, dispatches, perWorkgroup, intensity, footprint }] = kernels as [
    typeof kernels[0],
  ];
  assert.deepEqual([dispatches, workgroups], [1, 2]);
  assert.equal(perWorkgroup.flops, 2 * 64 * 64 * 64);
  assert.equal(perWorkgroup.bytesRead, 4 * (64 * 64 + 64 * 64)); // its pixels, and the filter
  assert.equal(perWorkgroup.bytesWritten, 4 * 64 * 64);
  assertClose(intensity, 524_288 / 49_152); // 10⅔
  assert.equal(footprint, 4 * (128 * 64 + 64 * 64 + 128 * 64)); // 80 KiB, where 96 KiB are asked for
  // 67 TFLOPS at 3.35 TB/s need 20 FLOP/byte, 2.6 TFLOPS at 68.3 GB/s need 38.
  assert.equal(predictions.h100.uncached.bound, "memory");
  assertClose(predictions.h100.uncached.gflops, 3350 * 32 / 3);
  assertClose(predictions.h100.cached.gflops, 3350 * 12.8);
  assertClose(predictions.laptop.uncached.gflops, 68.3 * 32 / 3);
});

/** A variant of two kernels: a cheap one that fills scratch memory of 1 KiB, a dear one that reads it `reads` times. */
function twoKernels(reads: number): ConvolutionVariant {
  const kernel = (
    name: string,
    flops: number,
    bytesRead: number,
    bytesWritten: number,
  ): Kernel => ({
    ...{ name, code: "", bindings: [], grid: [4, 2, 1] },
    cost: { flops, bytesRead, bytesWritten, workgroupMemory: 0 },
  });
  const first = kernel("first", 0, 1024, 1024), second = kernel("second", 8e6, 1024 * reads, 512);
  return {
    ...{ mode: "forward", name: "two", supports: () => true },
    lower: () => ({
      scratch: [floats(256)],
      dispatches: [
        { kernel: first, operands: [input(0), scratch(0)] },
        { kernel: second, operands: [scratch(0), scratch(0), output(0)] },
      ],
    }),
  };
}

/** 1 KiB in, 512 B out. */
const SMALL: ConvolutionShape = {
  ...{ batch: 1, height: 16, width: 16, inChannels: 1, outChannels: 2, kernel: 3, stride: 2 },
};

Deno.test("variantRoofline() adds the times of kernels, each at its own lower roof", () => {
  const { flops, bandwidth } = GPUS.h100;
  const { kernels, predictions: { h100 } } = variantRoofline(twoKernels(1), SMALL);
  const seconds = 2048 / bandwidth + 8e6 / flops;
  assertClose(h100.uncached.gflops, 2 * 64 * 9 * 2 / seconds / 1e9);
  assert.equal(h100.uncached.bound, "compute");
  assert.equal(kernels[0]!.predictions.h100.uncached.bound, "memory");
  assert.equal(kernels[1]!.perWorkgroup.flops, 1e6);
});

Deno.test("variantRoofline() takes bytes once in a dispatch where caches are perfect", () => {
  const reads = 10_000, { flops, bandwidth } = GPUS.h100;
  const { kernels, predictions: { h100 } } = variantRoofline(twoKernels(reads), SMALL);
  assert.equal(kernels[1]!.footprint, 1024 + 512);
  assert.equal(h100.uncached.bound, "memory");
  const uncached = (2048 + 1024 * reads + 512) / bandwidth;
  assertClose(h100.uncached.gflops, 2 * 64 * 9 * 2 / uncached / 1e9);
  assert.equal(h100.cached.bound, "compute");
  assertClose(h100.cached.gflops, 2 * 64 * 9 * 2 / (2048 / bandwidth + 8e6 / flops) / 1e9);
});

Deno.test("rooflines() has something for every layer in every mode, and caches never hurt", () => {
  const layers = convolutionLayers(64, 128);
  const all = rooflines(layers);
  const found = new Set(all.map(({ mode, layer }) => `${mode} ${layer}`));
  assert.equal(found.size, 3 * layers.length);
  for (const { variant, layer, predictions, kernels } of all) {
    for (
      const { uncached, cached } of [predictions, ...kernels.map((k) => k.predictions)].flatMap(
        Object.values,
      )
    ) {
      assert.ok(uncached.gflops <= cached.gflops, `${variant}, ${layer}`);
    }
  }
});
