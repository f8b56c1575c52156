/**
 * WebGPU's convolution variants against float64.
 *
 * @module
 */
import type { ConvolutionShape } from "../../../src/backend/operations/convolution_shape.ts";
import type {
  ConvolutionVariant,
  DeviceTraits,
  Epilogue,
  Precision,
} from "../../../src/backend/webgpu/convolution/shape.ts";
import type { Lowered } from "../../../src/backend/webgpu/program/kernel.ts";
import { normals, randomTensors, referenceConvolution } from "../naive/convolutions.ts";
import { largestError } from "../numbers.ts";
import type { KernelBench } from "./kernels.ts";

/** The limits that every WebGPU device has. */
export const SMALLEST_DEVICE: DeviceTraits = {
  shaderF16: false,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBufferBindingSize: 2 ** 27,
  maxTextureDimension2D: 8192,
};

/** `[batch, height, width, inChannels, outChannels, kernel, stride]`. */
export type Sizes = readonly [number, number, number, number, number, 1 | 3, 1 | 2];

/** The shape of these sizes. */
export function shapeOf(
  [batch, height, width, inChannels, outChannels, kernel, stride]: Sizes,
): ConvolutionShape {
  return { batch, height, width, inChannels, outChannels, kernel, stride };
}

/** How far `variant` is from float64 on random tensors: the largest error as a share of the largest value. */
export async function convolutionError(
  bench: KernelBench,
  variant: ConvolutionVariant,
  shape: ConvolutionShape,
  precision: Precision,
  epilogue: Epilogue,
  seed: number,
): Promise<number> {
  const { inputs, expected } = convolutionCase(variant, shape, epilogue, seed);
  return largestError(await bench.convolve(variant, shape, precision, epilogue, inputs), expected);
}

/** Random inputs of `variant` and what it should make of them. */
export function convolutionCase(
  { mode }: ConvolutionVariant,
  shape: ConvolutionShape,
  epilogue: Epilogue,
  seed: number,
): { inputs: Float32Array[]; expected: Float64Array } {
  const sizes = { ...shape, inputs: shape.inChannels, outputs: shape.outChannels };
  const tensors = randomTensors(sizes, seed), { x, w, dy } = tensors;
  const { y, dx, dw } = referenceConvolution(sizes, tensors);
  if (mode === "filterGradient") return { inputs: [x, dy], expected: dw };
  const [first, expected] = mode === "forward" ? [x, y] : [dy, dx];
  const channels = mode === "forward" ? shape.outChannels : shape.inChannels;
  const bias = epilogue.bias ? [normals(channels, seed + 1001)] : [];
  const add = epilogue.add ? [normals(expected.length, seed + 1002)] : [];
  const mask = epilogue.mask ? [normals(expected.length, seed + 1003)] : [];
  for (const i of expected.keys()) {
    let value = expected[i]! + (bias[0]?.[i % channels] ?? 0) + (add[0]?.[i] ?? 0);
    if (epilogue.relu) value = Math.max(0, value);
    expected[i] = mask[0] && mask[0][i]! <= 0 ? 0 : value;
  }
  return { inputs: [first, w, ...bias, ...add, ...mask], expected };
}

/** The WGSL of all dispatches with what a reader wants to know of each. */
export function describeLowered({ scratch, dispatches }: Lowered): string {
  const kernels = dispatches.map(({ kernel, operands }) =>
    [
      `// ${kernel.name}`,
      `// bindings ${
        kernel.bindings.map((kind, i) => `${kind}=${operands[i]!.from} ${operands[i]!.index}`).join(
          ", ",
        )
      }`,
      `// grid ${kernel.grid.join("×")}, cost ${JSON.stringify(kernel.cost)}`,
      kernel.code.trim(),
    ].join("\n")
  );
  return [`// scratch ${JSON.stringify(scratch)}`, ...kernels].join("\n\n") + "\n";
}
