import assert from "node:assert/strict";
import fc from "fast-check";
import { FILTER_GRADIENT_VARIANTS } from "../../../../../src/backend/webgpu/convolution/filter_gradient/gradient.ts";
import { PLAIN } from "../../../../../src/backend/webgpu/convolution/shape.ts";
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

/** Largest error as a share of the largest value; seen on these shapes: 1e-6, and 4e-4 from float16 operands. */
const TOLERANCE = { f32: 5e-6, f16: 2e-3 };

const SHAPES: readonly (readonly [string, Sizes])[] = [
  ["odd sizes, channels that fill no vector", [2, 9, 7, 5, 6, 3, 1]],
  ["a stem", [3, 8, 8, 3, 64, 3, 1]],
  ["several parts, stride 2", [9, 32, 9, 8, 16, 3, 2]],
  ["several tiles", [1, 4, 3, 40, 136, 3, 1]],
  ["one tap, stride 2", [20, 7, 8, 9, 20, 1, 2]],
  ["one pixel, one tap", [1, 1, 1, 17, 33, 1, 1]],
];

const LARGER = { f32: ["a stem", "several tiles"], f16: ["several tiles"] };

let bench: KernelBench;
if (!skipWebGpu) {
  Deno.test.beforeAll(async () => void (bench = await KernelBench.open()));
  Deno.test.afterAll(() => bench.close());
}

const named = (name: string) => FILTER_GRADIENT_VARIANTS.find((variant) => variant.name === name)!;

for (const variant of FILTER_GRADIENT_VARIANTS) {
  for (
    const precision of variant.name.startsWith("tile") ? ["f32", "f16"] as const : ["f32"] as const
  ) {
    Deno.test({
      name: `lower() of ${variant.name} in ${precision} gives the filter's gradient`,
      ignore: skipWebGpu,
      async fn() {
        for (const [what, sizes] of SHAPES) {
          const shape = shapeOf(sizes);
          if (!variant.supports(shape, precision, bench.traits)) continue;
          // Larger tiles are the code of others with larger numbers.
          if (/tile-(64|128)/.test(variant.name) && !LARGER[precision].includes(what)) continue;
          const error = await convolutionError(bench, variant, shape, precision, PLAIN, 7);
          assert(error <= TOLERANCE[precision], `${what}: error ${error}`);
        }
      },
    });
  }
}

Deno.test({
  name: "lower() of every variant gives the filter's gradient on random shapes",
  ignore: skipWebGpu,
  async fn() {
    const variants = FILTER_GRADIENT_VARIANTS.filter((variant) =>
      variant.supports(shapeOf(SHAPES[0]![1]), "f32", bench.traits)
    );
    await fc.assert(
      fc.asyncProperty(convolutions, fc.constantFrom(...variants), async (sizes, variant) => {
        const shape = { ...sizes, inChannels: sizes.inputs, outChannels: sizes.outputs };
        const error = await convolutionError(bench, variant, shape, "f32", PLAIN, 11);
        assert(error <= TOLERANCE.f32, `${variant.name}: error ${error}`);
      }),
      { numRuns: 4, endOnFailure: true },
    );
  },
});

Deno.test({
  name: "lower() of every filter gradient gives the same bits every time",
  ignore: skipWebGpu,
  async fn() {
    const shape = shapeOf(SHAPES[2]![1]);
    for (const variant of FILTER_GRADIENT_VARIANTS) {
      const { inputs } = convolutionCase(variant, shape, PLAIN, 5);
      const run = () => bench.convolve(variant, shape, "f32", PLAIN, inputs);
      assert.deepEqual(await run(), await run(), variant.name);
    }
  },
});

Deno.test("lower() cuts the sum over pixels into parts that keep a device busy, in bounded scratch", () => {
  const parts = (name: string, sizes: Sizes) => {
    const { scratch, dispatches } = named(name).lower(shapeOf(sizes), "f32", PLAIN);
    const bytes = scratch.map((memory) => memory.kind === "buffer" ? memory.bytes : 0);
    assert(Math.max(0, ...bytes) <= 2 ** 26, `${name} ${sizes}: ${bytes}`);
    return Number(
      /(\d+) parts$/.exec(
        dispatches.find(({ kernel }) => kernel.name.endsWith("parts"))!.kernel.name,
      )![1],
    );
  };
  assert.equal(parts("tile-64x64", [128, 32, 32, 64, 64, 3, 1]), 57);
  assert.equal(parts("tile-64x64", [8, 32, 32, 64, 64, 3, 1]), 32);
  assert.equal(parts("tile-64x64", [128, 4, 4, 512, 512, 3, 1]), 1);
  assert.equal(parts("register", [8, 32, 32, 64, 64, 3, 1]), 11);
  assert.equal(parts("register", [8, 4, 4, 512, 512, 3, 1]), 1);
  assert.equal(parts("texture", [8, 4, 4, 512, 512, 3, 1]), 1);
  assert.equal(parts("register", [1, 1, 1, 1, 1, 3, 1]), 1);
});

Deno.test("lower() of a filter gradient writes the code it wrote before", async () => {
  for (
    const [name, sizes, precision] of [
      ["register", [4, 6, 5, 8, 12, 3, 2], "f32"],
      ["texture", [4, 6, 5, 8, 12, 3, 1], "f32"],
      ["tile-64x64", [4, 6, 5, 3, 12, 3, 1], "f16"],
    ] as const
  ) {
    const text = describeLowered(named(name).lower(shapeOf(sizes), precision, PLAIN));
    await assertSnapshot(import.meta.url, `filter-gradient-${name}.wgsl`, text);
  }
});

Deno.test("supports() of a filter gradient follows the device's limits", () => {
  const supports = (name: string, sizes: Sizes, precision: "f32" | "f16", device = {}) =>
    named(name).supports(shapeOf(sizes), precision, { ...SMALLEST_DEVICE, ...device });
  const usual: Sizes = [8, 32, 32, 64, 64, 3, 1];
  for (const { name } of FILTER_GRADIENT_VARIANTS) assert(supports(name, usual, "f32"), name);
  assert(!supports("register", usual, "f16", { shaderF16: true }), "keeps no float16");
  assert(!supports("texture", usual, "f16", { shaderF16: true }), "nor does this");
  assert(!supports("tile-64x64", usual, "f16"));
  assert(supports("tile-64x64", usual, "f16", { shaderF16: true }));
  assert(!supports("tile-128x128", usual, "f32", { maxComputeWorkgroupStorageSize: 16383 }));
  assert(!supports("tile-128x128", usual, "f32", { maxComputeInvocationsPerWorkgroup: 128 }));
  assert(!supports("texture", [1, 8, 1024, 64, 64, 3, 1], "f32"), "a row is wider than a texture");
  assert(supports("texture", [512, 32, 32, 3, 64, 3, 1], "f32"), "images lie side by side");
  for (const { name } of FILTER_GRADIENT_VARIANTS) {
    assert(!supports(name, [513, 32, 32, 3, 64, 3, 1], "f32"), `${name}: dy is too large`);
  }
});

Deno.test("lower() of a filter gradient states the cost that a hand counts", () => {
  // 9·8 = 72 rows and 12 columns in tiles of 64×64: two workgroups for each of the parts. 4·6·5 = 120 pixels are one
  // part, in 8 rounds of 16.
  const tile = named("tile-64x64").lower(shapeOf([4, 6, 5, 8, 12, 3, 1]), "f32", PLAIN);
  assert.deepEqual(tile.dispatches.map(({ kernel }) => kernel.cost), [{
    flops: 2 * 2 * (8 * 16) * 64 * 64,
    bytesRead: 4 * 120 * (72 + 2 * 12),
    bytesWritten: 4 * 72 * 12,
    workgroupMemory: 4 * 16 * (64 + 64),
  }]);
  // 3 rows of taps, two tiles of 8×8 channels, 24 rows of 2 steps of 3 pixels; a step loads 5·2 + 3·2 quads.
  const register = named("register").lower(shapeOf([4, 6, 5, 8, 12, 3, 1]), "f32", PLAIN);
  assert.deepEqual(register.dispatches[0]!.kernel.cost, {
    flops: 3 * 2 * 24 * 2 * (3 * 8 * 8 * 3 * 2),
    bytesRead: 3 * 2 * 24 * 2 * (5 * 2 + 3 * 2) * 16,
    bytesWritten: 4 * 72 * 12,
    workgroupMemory: 0,
  });
});
