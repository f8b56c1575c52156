/**
 * What a convolution is to the WebGPU engine: its sizes, what its kernels take and give, and the variants to choose from.
 *
 * @module
 */
import { type ConvolutionShape, outputSize } from "../../operations/convolution_shape.ts";
import type { Lowered, Storage } from "../program/kernel.ts";

/** Which of a convolution's three computations. */
export type ConvolutionMode = "forward" | "inputGradient" | "filterGradient";

/** How operands are kept while a convolution works on them; sums are always float32. */
export type Precision = "f32" | "f16";

/** WGSL type of four values of an operand. */
export function quadType(precision: Precision): "vec4f" | "vec4h" {
  return precision === "f16" ? "vec4h" : "vec4f";
}

/** A convolution for which there are several ways to compute it. */
export interface Convolution {
  readonly mode: ConvolutionMode;
  readonly shape: ConvolutionShape;
  readonly precision: Precision;
}

/**
 * What follows the sum, in this order. Each that is present is one more input of the operation, after the first two, in
 * this order.
 */
export interface Epilogue {
  /** `[channels]`, added (forward only). */
  readonly bias: boolean;
  /** A tensor of the result's shape, added. */
  readonly add: boolean;
  /** A tensor of the result's shape; where it is not positive, the result becomes zero (input gradient only). */
  readonly mask: boolean;
  /** Whether negative results become zero (forward only); no input. */
  readonly relu: boolean;
}

/** Nothing follows the sum. */
export const PLAIN: Epilogue = { bias: false, add: false, mask: false, relu: false };

/** What of a device decides whether a variant can run there. */
export interface DeviceTraits {
  readonly shaderF16: boolean;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxTextureDimension2D: number;
}

/** A filter in another layout, made by dispatches of its own once for as long as the filter does not change. */
export interface PackedFilter {
  /** Names the layout: variants of one shape that name the same one share it. */
  readonly layout: string;
  readonly storage: Storage;
  /** Input 0 the filter (HWIO), output 0 what it becomes. */
  readonly lowered: Lowered;
}

/**
 * One way to compute one mode. Buffers hold float32, NHWC and HWIO.
 *
 * - `forward`: inputs `x`, filter (packed if there is `pack`), bias?, add?; output `y`.
 * - `inputGradient`: inputs `dy`, filter (packed if there is `pack`), add?, mask?; output `dx`.
 * - `filterGradient`: inputs `x`, `dy`; output `dFilter`. The order of its sums is fixed: the same bits every time.
 */
export interface ConvolutionVariant {
  readonly mode: ConvolutionMode;
  /** Unique within its mode, e.g. `tile-64x64`. */
  readonly name: string;
  supports(shape: ConvolutionShape, precision: Precision, device: DeviceTraits): boolean;
  pack?(shape: ConvolutionShape, precision: Precision): PackedFilter;
  lower(shape: ConvolutionShape, precision: Precision, epilogue: Epilogue): Lowered;
}

/** Floating-point operations of any mode, a multiply-add being two; padding counts as if it were image. */
export function convolutionFlops(shape: ConvolutionShape): number {
  const [rows, columns] = outputSize(shape);
  const { batch, kernel, inChannels, outChannels } = shape;
  return 2 * batch * rows * columns * kernel ** 2 * inChannels * outChannels;
}

/** Shapes of the operands of `mode`, in their order, and of its result. */
export function operandShapes(
  mode: ConvolutionMode,
  shape: ConvolutionShape,
): { readonly inputs: readonly [number[], number[]]; readonly output: number[] } {
  const { batch, height, width, inChannels, outChannels, kernel } = shape;
  const x = [batch, height, width, inChannels];
  const y = [batch, ...outputSize(shape), outChannels];
  const filter = [kernel, kernel, inChannels, outChannels];
  switch (mode) {
    case "forward":
      return { inputs: [x, filter], output: y };
    case "inputGradient":
      return { inputs: [y, filter], output: x };
    case "filterGradient":
      return { inputs: [x, y], output: filter };
  }
}

/** How many values these have. */
export function operandSizes(
  mode: ConvolutionMode,
  shape: ConvolutionShape,
): [first: number, second: number, result: number] {
  const { inputs: [first, second], output } = operandShapes(mode, shape);
  const size = (dimensions: readonly number[]) => dimensions.reduce((a, b) => a * b, 1);
  return [size(first), size(second), size(output)];
}
