import assert from "node:assert/strict";
import fc from "fast-check";
import { PLAIN } from "../../../../../src/backend/webgpu/convolution/shape.ts";
import {
  FORWARD_VARIANTS,
  INPUT_GRADIENT_VARIANTS,
} from "../../../../../src/backend/webgpu/convolution/gather/variants.ts";
import { skipWebGpu } from "../../../../testing/webgpu/adapter.ts";
import { convolutions } from "../../../../testing/naive/convolutions.ts";
import {
  convolutionCase,
  convolutionError,
  shapeOf,
  type Sizes,
} from "../../../../testing/webgpu/convolution.ts";
import { KernelBench } from "../../../../testing/webgpu/kernels.ts";

/** Largest error as a share of the largest value; seen on these shapes: 6e-7, and 4e-4 from float16 operands. */
const TOLERANCE = { f32: 5e-6, f16: 2e-3 };

const VARIANTS = [...FORWARD_VARIANTS, ...INPUT_GRADIENT_VARIANTS];
const EPILOGUE = {
  forward: { bias: true, add: true, mask: false, relu: true },
  inputGradient: { bias: false, add: true, mask: true, relu: false },
  filterGradient: PLAIN,
};

const SHAPES: readonly (readonly [string, Sizes])[] = [
  ["odd sizes", [2, 5, 7, 8, 12, 3, 1]],
  ["three channels, and more than a tile of channels", [1, 6, 4, 3, 68, 3, 1]],
  ["odd sizes at stride 2, channels that fill no vector", [3, 7, 9, 14, 5, 3, 2]],
  ["several tiles at stride 2, depth in whole tiles", [2, 16, 8, 48, 16, 3, 2]],
  ["1×1 at stride 2", [1, 5, 6, 7, 36, 1, 2]],
  ["one pixel at stride 2", [1, 1, 1, 1, 2, 3, 2]],
];

let bench: KernelBench;
if (!skipWebGpu) {
  Deno.test.beforeAll(async () => void (bench = await KernelBench.open()));
  Deno.test.afterAll(() => bench.close());
}

const onDevice = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: skipWebGpu, fn });

for (const variant of VARIANTS) {
  const { mode, name } = variant, epilogue = EPILOGUE[mode];
  // These are the code of others with larger numbers; a gradient's tiles differ from the forward ones at stride 2.
  const larger = ["tile-128x64", "texture-4x4x16", "texture-4x8x8"].includes(name);
  const gradient = mode === "inputGradient" && name === "tile-64x64";
  const shapes = larger ? SHAPES.slice(1, 3) : gradient ? SHAPES.slice(2) : SHAPES;
  onDevice(`lower() of ${mode} ${name} gives the convolution and what follows`, async () => {
    for (const [what, sizes] of shapes) {
      const shape = shapeOf(sizes);
      assert(variant.supports(shape, "f32", bench.traits), what);
      const error = await convolutionError(bench, variant, shape, "f32", epilogue, 7);
      assert(error <= TOLERANCE.f32, `${what}: error ${error}`);
    }
  });

  if (name.startsWith("texture") || larger) continue;
  onDevice(`lower() of ${mode} ${name} keeps operands in float16 where it can`, async () => {
    const shape = shapeOf([1, 6, 5, 8, 12, 3, 2]);
    if (!variant.supports(shape, "f16", bench.traits)) return;
    const error = await convolutionError(bench, variant, shape, "f16", epilogue, 8);
    assert(error <= TOLERANCE.f16 && error > TOLERANCE.f32, `error ${error}`);
  });
}

onDevice("lower() of every variant gives the plain convolution on random shapes", async () => {
  const property = fc.asyncProperty(
    convolutions,
    fc.constantFrom(...VARIANTS),
    async ({ inputs: inChannels, outputs: outChannels, ...sizes }, variant) => {
      const shape = { ...sizes, inChannels, outChannels };
      const error = await convolutionError(bench, variant, shape, "f32", PLAIN, 11);
      assert(error <= TOLERANCE.f32, `${variant.mode} ${variant.name}: error ${error}`);
    },
  );
  await fc.assert(property, { numRuns: 5, endOnFailure: true });
});

onDevice("lower() sums 4,608 products within the tolerance, the same bits every time", async () => {
  const shape = shapeOf([1, 4, 3, 512, 8, 3, 1]);
  for (const variant of FORWARD_VARIANTS) {
    const { inputs } = convolutionCase(variant, shape, PLAIN, 3);
    const run = () => bench.convolve(variant, shape, "f32", PLAIN, inputs);
    assert.deepEqual(await run(), await run());
    const error = await convolutionError(bench, variant, shape, "f32", PLAIN, 3);
    assert(error <= TOLERANCE.f32, `${variant.name}: error ${error}`);
  }
});

onDevice("lower() folds a grid of more than 65,535 workgroups", async () => {
  const shape = shapeOf([4_250_000, 1, 1, 1, 1, 1, 1]);
  const x = Float32Array.from({ length: shape.batch }, (_, i) => i);
  for (const name of ["tile-64x64", "register-2x4x8"]) {
    const variant = FORWARD_VARIANTS.find((each) => each.name === name)!;
    const [across, down] = variant.lower(shape, "f32", PLAIN).dispatches[0]!.kernel.grid;
    assert(across <= 65535 && down === (name === "tile-64x64" ? 2 : 3), `${across}×${down}`);
    const y = await bench.convolve(variant, shape, "f32", PLAIN, [x, Float32Array.of(2)]);
    assert.equal(y.findIndex((value, i) => value !== 2 * i), -1, name);
  }
});

onDevice(
  "lower() of an input gradient is zero where the mask is zero or less, and only there",
  async () => {
    const variant = INPUT_GRADIENT_VARIANTS.find(({ name }) => name.startsWith("register"));
    for (const channels of [4, 3]) {
      const shape = shapeOf([1, 2, 3, channels, 5, 1, 1]);
      const { inputs: [dy, filter] } = convolutionCase(variant!, shape, PLAIN, 4);
      const mask = Float32Array.from({ length: 6 * channels }, (_, i) => i % 3 - 1);
      const epilogue = { ...PLAIN, mask: true };
      const dx = await bench.convolve(variant!, shape, "f32", epilogue, [dy!, filter!, mask]);
      assert.deepEqual(
        Array.from(dx, (value) => value !== 0),
        Array.from(mask, (value) => value > 0),
      );
    }
  },
);
