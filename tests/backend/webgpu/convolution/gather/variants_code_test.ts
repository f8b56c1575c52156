import assert from "node:assert/strict";
import type { Precision } from "../../../../../src/backend/webgpu/convolution/shape.ts";
import { PLAIN } from "../../../../../src/backend/webgpu/convolution/shape.ts";
import {
  FORWARD_VARIANTS,
  INPUT_GRADIENT_VARIANTS,
} from "../../../../../src/backend/webgpu/convolution/gather/variants.ts";
import { assertSnapshot } from "../../../../testing/snapshot.ts";
import {
  describeLowered,
  shapeOf,
  type Sizes,
  SMALLEST_DEVICE,
} from "../../../../testing/webgpu/convolution.ts";

const VARIANTS = [...FORWARD_VARIANTS, ...INPUT_GRADIENT_VARIANTS];
const named = (mode: string, name: string) =>
  VARIANTS.find((variant) => variant.mode === mode && variant.name === name)!;

const FORWARD = { bias: true, add: true, mask: false, relu: true };
const GRADIENT = { bias: false, add: true, mask: true, relu: false };

for (
  const [mode, name, precision, sizes, epilogue] of [
    ["forward", "tile-64x64", "f32", [2, 6, 5, 8, 12, 3, 1], FORWARD],
    ["inputGradient", "tile-128x64", "f16", [2, 6, 5, 7, 12, 3, 2], GRADIENT],
    ["forward", "register-2x4x8", "f16", [2, 6, 5, 7, 12, 3, 1], FORWARD],
    ["inputGradient", "texture-4x4x8", "f32", [2, 8, 8, 64, 128, 1, 2], GRADIENT],
    ["forward", "texture-4x4x16", "f32", [9000, 2, 2, 8, 128, 1, 1], PLAIN],
  ] as const
) {
  Deno.test(`lower() and pack() of ${mode} ${name} write the code they wrote before`, async () => {
    const variant = named(mode, name), shape = shapeOf(sizes);
    const pack = describeLowered(variant.pack!(shape, precision).lowered);
    const text = `${pack}\n${describeLowered(variant.lower(shape, precision, epilogue))}`;
    await assertSnapshot(import.meta.url, `${name}-${mode}.wgsl`, text);
  });
}

Deno.test("lower() counts what its dispatches do", () => {
  const shape = shapeOf([2, 4, 4, 8, 64, 3, 1]);
  const cost = (name: string, precision: Precision, epilogue = PLAIN) =>
    named("forward", name).lower(shape, precision, epilogue).dispatches.at(-1)!.kernel.cost;
  // 32 pixels × 9 taps × 8 × 64; 32 × 64 results of 4 bytes.
  const all = { flops: 2 * 32 * 9 * 8 * 64, bytesWritten: 8192, workgroupMemory: 0 };
  // One workgroup: 72 rows of depth are five times 16, each 64 pixels and 64 channels wide; pixels' rows 4 longer.
  const shared = 16 * (68 + 64) * 4;
  assert.deepEqual(cost("tile-64x64", "f32"), {
    ...all,
    bytesRead: 80 * (64 + 64) * 4,
    workgroupMemory: shared,
  });
  assert.deepEqual(cost("tile-64x64", "f16"), {
    ...all,
    bytesRead: 80 * (64 * 4 + 64 * 2),
    workgroupMemory: shared / 2,
  });
  // 4 tiles × 8 lanes, each for 3 rows of taps × 2 quads of depth: 2 × 6 pixels and 3 × 4 × 2 quads of weights.
  assert.deepEqual(cost("register-2x4x8", "f32"), { ...all, bytesRead: 32 * 6 * (12 + 24) * 16 });
  // 2 tiles × 8 lanes; 4 × 6 pixels.
  const texture = { ...all, bytesRead: 16 * 6 * (24 + 24) * 16 };
  assert.deepEqual(cost("texture-4x4x8", "f32"), texture);
  // Bias, sum and the result are as many vectors each.
  const more = { ...texture, bytesRead: texture.bytesRead + 2 * 8192 };
  assert.deepEqual(cost("texture-4x4x8", "f32", FORWARD), more);
  // Before it, 2 images of 6 × 6 pixels with their margins, of two texels.
  const [copy] = named("forward", "texture-4x4x8").lower(shape, "f32", PLAIN).dispatches;
  const copied = { bytesRead: 2 * 16 * 8 * 4, bytesWritten: 2 * 36 * 2 * 16 };
  assert.deepEqual(copy!.kernel.cost, { flops: 0, ...copied, workgroupMemory: 0 });
});

Deno.test("lower() counts the taps of each phase of an input gradient at stride 2", () => {
  const { flops } = named("inputGradient", "register-2x4x8")
    .lower(shapeOf([1, 5, 4, 8, 16, 3, 2]), "f32", PLAIN).dispatches[0]!.kernel.cost;
  // Rows 0, 2, 4 have one row of taps, 1 and 3 two; of the columns two have one and two have two.
  assert.equal(flops, 2 * (3 + 4) * (2 + 4) * 8 * 16);
});

Deno.test("pack() names one layout for the variants that share it", () => {
  const shape = shapeOf([1, 8, 8, 8, 8, 3, 1]);
  const layouts = (precision: Precision) =>
    VARIANTS.map((variant) => variant.pack!(shape, precision).layout);
  const [tile64, tile128, register, texture8, texture16] = layouts("f32");
  assert.equal(tile64, tile128);
  assert.equal(tile64, register);
  assert.equal(texture8, texture16);
  assert.equal(new Set([...layouts("f32"), ...layouts("f16")]).size, 6);
});

Deno.test("supports() follows the precision, the shape and the device's limits", () => {
  const supports = (name: string, sizes: Sizes, precision: Precision = "f32", device = {}) => {
    const [forward, gradient] = ["forward", "inputGradient"].map((mode) =>
      named(mode, name).supports(shapeOf(sizes), precision, { ...SMALLEST_DEVICE, ...device })
    );
    assert.equal(forward, gradient, `${name} ${sizes}`);
    return forward;
  };
  const small: Sizes = [8, 32, 32, 64, 64, 3, 1], half = { shaderF16: true };
  for (const { name } of FORWARD_VARIANTS) {
    assert(supports(name, small), name);
    assert(!supports(name, small, "f16"), name);
    assert.equal(supports(name, small, "f16", half), !name.startsWith("texture"), name);
    assert(!supports(name, small, "f32", { maxStorageBufferBindingSize: 2 ** 20 }), name);
    assert(!supports(name, small, "f32", { maxComputeInvocationsPerWorkgroup: 16 }), name);
  }
  const little = { maxComputeWorkgroupStorageSize: 8192 };
  assert(!supports("tile-64x64", small, "f32", little));
  assert(supports("tile-64x64", small, "f16", { ...half, ...little }));
  const wide: Sizes = [1, 4, 600, 64, 64, 3, 1], many: Sizes = [1000, 32, 32, 16, 16, 3, 1];
  assert(!supports("texture-4x4x8", wide), "9,632 texels wide");
  assert(supports("texture-4x4x8", many), "images beside each other");
  assert(!supports("texture-4x4x8", [1, 4, 4, 2048, 2048, 1, 1]), "filters 65,536 texels wide");
  assert(!supports("texture-4x4x8", small, "f32", { maxTextureDimension2D: 500 }));
});
