import assert from "node:assert/strict";
import fc from "fast-check";
import { PLAIN } from "../../../../../src/backend/webgpu/convolution/shape.ts";
import { WINOGRAD_VARIANTS } from "../../../../../src/backend/webgpu/convolution/winograd/winograd.ts";
import { skipWebGpu } from "../../../../testing/webgpu/adapter.ts";
import { convolutions } from "../../../../testing/naive/convolutions.ts";
import { assertSnapshot } from "../../../../testing/snapshot.ts";
import {
  convolutionCase,
  convolutionError,
  describeLowered,
  shapeOf,
  type Sizes,
  SMALLEST_DEVICE,
} from "../../../../testing/webgpu/convolution.ts";
import { KernelBench } from "../../../../testing/webgpu/kernels.ts";

/** Largest error as a share of the largest value; seen on these shapes: 8e-6, and 1.2e-2 from float16 operands. */
const TOLERANCE = { f32: 5e-5, f16: 4e-2 };

const FORWARD = { bias: true, add: true, mask: false, relu: true };
const GRADIENT = { bias: false, add: true, mask: true, relu: false };

const SHAPES: readonly (readonly [string, Sizes])[] = [
  ["odd sizes, channels that fill no vector", [2, 9, 7, 5, 6, 3, 1]],
  ["several tiles", [3, 8, 8, 36, 72, 3, 1]],
  ["one pixel", [1, 1, 1, 3, 4, 3, 1]],
  ["whole tiles", [32, 8, 8, 16, 128, 3, 1]],
];
/** Of tiles that differ in how a workgroup shares their loading out, those two that take either way to bound it. */
const SHAPES_OF_TILES = {
  forward: "whole tiles",
  inputGradient: "several tiles",
  filterGradient: "",
};

let bench: KernelBench;
if (!skipWebGpu) {
  Deno.test.beforeAll(async () => void (bench = await KernelBench.open()));
  Deno.test.afterAll(() => bench.close());
}

const named = (mode: string, name: string) =>
  WINOGRAD_VARIANTS.find((variant) => variant.mode === mode && variant.name === name)!;

for (const variant of WINOGRAD_VARIANTS) {
  const epilogue = variant.mode === "forward" ? FORWARD : GRADIENT;
  const larger = /tile-(64|128|256)/.test(variant.name);
  const half = variant.name.includes("tile") && !(larger && variant.mode === "inputGradient");
  for (const precision of half ? ["f32", "f16"] as const : ["f32"] as const) {
    Deno.test({
      name:
        `lower() of ${variant.mode} ${variant.name} in ${precision} gives the convolution and what follows`,
      ignore: skipWebGpu,
      async fn() {
        for (const [what, sizes] of SHAPES) {
          const shape = shapeOf(sizes);
          if (precision === "f16" && what !== "several tiles") continue; // nothing else depends on it
          if (precision === "f32" && larger && what !== SHAPES_OF_TILES[variant.mode]) continue;
          if (!variant.supports(shape, precision, bench.traits)) continue;
          const error = await convolutionError(bench, variant, shape, precision, epilogue, 7);
          assert(error <= TOLERANCE[precision], `${what}: error ${error}`);
        }
      },
    });
  }
}

Deno.test({
  name: "lower() of every variant gives the plain convolution on random shapes",
  ignore: skipWebGpu,
  async fn() {
    await fc.assert(
      fc.asyncProperty(
        convolutions,
        fc.constantFrom(...WINOGRAD_VARIANTS),
        async (sizes, variant) => {
          const { inputs: inChannels, outputs: outChannels } = sizes;
          const shape = { ...sizes, kernel: 3, stride: 1, inChannels, outChannels } as const;
          const error = await convolutionError(bench, variant, shape, "f32", PLAIN, 11);
          assert(error <= TOLERANCE.f32, `${variant.mode} ${variant.name}: error ${error}`);
        },
      ),
      { numRuns: 3, endOnFailure: true },
    );
  },
});

Deno.test({
  name:
    "lower() of a batch cut into slices gives the convolution of every image, the same bits every time",
  ignore: skipWebGpu,
  async fn() {
    const variant = named("forward", "winograd-texture");
    const shape = shapeOf([234001, 1, 2, 1, 1, 3, 1]); // V takes 128 MiB for 233,016 tiles
    assert.equal(variant.lower(shape, "f32", PLAIN).dispatches.length, 6);
    const { inputs } = convolutionCase(variant, shape, PLAIN, 5);
    const run = () => bench.convolve(variant, shape, "f32", PLAIN, inputs);
    assert.deepEqual(await run(), await run());
    const error = await convolutionError(bench, variant, shape, "f32", PLAIN, 5);
    assert(error <= TOLERANCE.f32, `error ${error}`);
  },
});

Deno.test("lower() of Winograd keeps V and M small by cutting the batch", () => {
  for (const { name, mode, lower } of WINOGRAD_VARIANTS) {
    for (const sizes of [[512, 32, 32, 64, 64, 3, 1], [2001, 4, 4, 512, 512, 3, 1]] as const) {
      const { scratch, dispatches } = lower(shapeOf(sizes), "f32", PLAIN);
      assert(dispatches.length > 3 && dispatches.length % 3 === 0, `${mode} ${name}`);
      const written = dispatches.filter((_, i) => i % 3 === 2).map(({ kernel }) =>
        kernel.cost.bytesWritten
      );
      assert.equal(written.reduce((a, b) => a + b), 4 * sizes[0] * sizes[1] * sizes[2] * sizes[3]);
      for (const memory of scratch) {
        const bytes = memory.kind === "buffer" ? memory.bytes : 16 * memory.width * memory.height;
        assert(bytes <= 2 ** 27, `${mode} ${name}: ${bytes}`);
      }
    }
  }
});

Deno.test("lower() and pack() of Winograd write the code they wrote before", async () => {
  for (
    const [mode, name, precision, epilogue] of [
      ["forward", "winograd-texture", "f32", FORWARD],
      ["inputGradient", "winograd-tile-64x64", "f16", GRADIENT],
    ] as const
  ) {
    const variant = named(mode, name), shape = shapeOf([2, 9, 8, 5, 12, 3, 1]);
    const pack = describeLowered(variant.pack!(shape, precision).lowered);
    const text = `${pack}\n${describeLowered(variant.lower(shape, precision, epilogue))}`;
    await assertSnapshot(import.meta.url, `${name}-${mode}.wgsl`, text);
  }
});

Deno.test("pack() of Winograd names one layout for the variants that share it", () => {
  const shape = shapeOf([1, 8, 8, 8, 8, 3, 1]);
  const layout = (mode: string, name: string, precision: "f32" | "f16") =>
    named(mode, name).pack!(shape, precision).layout;
  const tile = layout("forward", "winograd-tile-64x64", "f32");
  assert.equal(tile, layout("forward", "winograd-tile-128x128", "f32"));
  assert.notEqual(tile, layout("forward", "winograd-tile-64x64", "f16"));
  assert.notEqual(tile, layout("inputGradient", "winograd-tile-64x64", "f32"));
  assert.notEqual(tile, layout("forward", "winograd-texture", "f32"));
});

Deno.test("supports() of Winograd follows the shape and the device's limits", () => {
  const supports = (name: string, sizes: Sizes, precision: "f32" | "f16", device = {}) => {
    const [forward, gradient] = ["forward", "inputGradient"].map((mode) =>
      named(mode, name).supports(shapeOf(sizes), precision, { ...SMALLEST_DEVICE, ...device })
    );
    assert.equal(forward, gradient, `${name} ${sizes}`);
    return forward;
  };
  const usual: Sizes = [128, 32, 32, 64, 64, 3, 1];
  const ROOMY = { maxComputeWorkgroupStorageSize: 32768 };
  for (const { name } of WINOGRAD_VARIANTS) {
    assert(supports(name, usual, "f32", ROOMY), name);
    assert(!supports(name, [128, 32, 32, 64, 64, 3, 2], "f32"), `${name}, stride 2`);
    assert(!supports(name, [128, 32, 32, 64, 64, 1, 1], "f32"), `${name}, one tap`);
    assert(!supports(name, usual, "f16"), `${name} without float16`);
    const half = supports(name, usual, "f16", { ...ROOMY, shaderF16: true });
    assert.equal(half, name.includes("tile"), `${name} in float16`);
    assert(!supports(name, [1, 512, 512, 64, 64, 3, 1], "f32"), `${name}: an image is too large`);
  }
  assert(!supports("winograd-texture", [1, 4, 4, 1024, 1024, 3, 1], "f32"), "wider than a texture");
  assert(supports("winograd-tile-64x64", [1, 4, 4, 512, 512, 3, 1], "f32"));
  assert(!supports("winograd-tile-64x64", [1, 4, 4, 1024, 1024, 3, 1], "f32"), "U is too large");
  assert(!supports("winograd-tile-64x64", [513, 32, 32, 64, 64, 3, 1], "f32"), "x is too large");
  assert(
    !supports("winograd-tile-128x128", usual, "f32", {
      ...ROOMY,
      maxComputeInvocationsPerWorkgroup: 128,
    }),
  );
  assert(
    !supports("winograd-tile-128x128", usual, "f32", { maxComputeWorkgroupStorageSize: 16639 }),
  );
});

Deno.test("lower() of Winograd states the cost that a hand counts", () => {
  // Two images of 2×3 tiles are 12 rows, 8 channels 2 quads of sums, 12 channels 3 quads of results.
  const shape = shapeOf([2, 8, 9, 8, 12, 3, 1]), followers = { ...FORWARD, add: false };
  const costs = (name: string) =>
    named("forward", name).lower(shape, "f32", followers).dispatches.map(({ kernel }) =>
      kernel.cost
    );
  // Additions and multiplications of the rows of Bᵀ and Aᵀ, each applied 6 + 6 or 6 + 4 times.
  const bt = (2 + 2) + (3 + 2) + (3 + 2) + (3 + 4) + (3 + 4) + (2 + 2);
  const at = 4 + (3 + 2) + (3 + 2) + (4 + 2);
  const input = {
    flops: 12 * 2 * 4 * bt * (6 + 6),
    bytesRead: 12 * 2 * 36 * 16,
    bytesWritten: 36 * 12 * 2 * 16,
    workgroupMemory: 0,
  };
  const output = {
    flops: 12 * 3 * 4 * (at * (6 + 4) + 16 * 2), // bias and ReLU
    bytesRead: 36 * 12 * 3 * 16 + 2 * 8 * 9 * 12 * 4, // a bias for every value
    bytesWritten: 2 * 8 * 9 * 12 * 4,
    workgroupMemory: 0,
  };
  const written = 36 * 12 * 3 * 16;
  assert.deepEqual(costs("winograd-texture"), [
    input,
    { // a tile of 12 rows × 3 quads in 2 steps of 4 channels for each plane
      flops: 36 * 2 * 4 * 12 * 12 * 2,
      bytesRead: 36 * 2 * (12 + 4 * 3) * 16,
      bytesWritten: written,
      workgroupMemory: 0,
    },
    output,
  ]);
  assert.deepEqual(costs("winograd-tile-64x64")[1], { // one tile, one round of 16 channels
    flops: 36 * 16 * 64 * 64 * 2,
    bytesRead: 36 * (12 * 2 + 8 * 3) * 16,
    bytesWritten: written,
    workgroupMemory: 16 * (68 + 64) * 4,
  });
});
