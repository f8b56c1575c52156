/**
 * Channels scaled and shifted, by constants: batch norm that stands before a rectifier and belongs to no convolution, in
 * a network with fixed weights.
 *
 * @module
 */
import type { BatchShape } from "../../operations/convolution_shape.ts";
import { type Lowered, single } from "../program/kernel.ts";
import { channelVectors } from "./channels.ts";
import { reads, rectified, sizeOf, threadKernel, writes } from "./shader.ts";

/** Inputs `x` of `shape`, `scale` and `shift` `[C]`; output `x · scale + shift`, rectified. */
export function scaleShift(shape: BatchShape): Lowered {
  const value = (unit: string) => `x[i] * scale[${unit}] + shift[${unit}]`;
  return perChannel("scaleShift", shape, { vectors: ["scale", "shift"], images: [] }, value, true);
}

/** What takes part in a gradient besides the slope. */
export interface ScaleGradientOptions {
  /** A gradient of `x` that is there already: one more input of the shape, added. */
  readonly add: boolean;
  /** What has to be positive for `x` to count: one more input of the shape. */
  readonly masked: boolean;
}

/**
 * The gradient of {@linkcode scaleShift} in `x`. Inputs: the slope of its result where that is positive, and zero
 * elsewhere, `scale` `[C]`, what is added, and the mask; output `slope · scale`, plus that, zero where the mask is not
 * positive.
 */
export function scaleGradient(
  shape: BatchShape,
  { add, masked }: ScaleGradientOptions,
): Lowered {
  const images = [...add ? ["add"] : [], ...masked ? ["mask"] : []];
  const value = (unit: string) => `x[i] * scale[${unit}]${add ? " + add[i]" : ""}`;
  return perChannel("scaleGradient", shape, { vectors: ["scale"], images }, value, false);
}

/** One thread for every vector of channels of a pixel. */
function perChannel(
  name: string,
  shape: BatchShape,
  { vectors, images }: { vectors: readonly string[]; images: readonly string[] },
  value: (unit: string) => string,
  relu: boolean,
): Lowered {
  const { type, width, units } = channelVectors(shape[3]);
  const masked = images.includes("mask");
  const inputs = ["x", ...vectors, ...images];
  const result = masked
    ? `select(${type}(), value, mask[i] > ${type}())`
    : relu
    ? rectified("value", type)
    : "value";
  const kernel = threadKernel({
    name: [`${name} [${shape}]`, ...images].join(" "),
    bindings: [...reads(type, ...inputs), ...writes(type, "y")],
    count: sizeOf(shape) / width,
    body: `let unit = i % ${units}u;
let value = ${value("unit")};
y[i] = ${result};`,
    flops: (1 + vectors.length) * width,
    bytesRead: 4 * width * inputs.length,
    bytesWritten: 4 * width,
  });
  return single(kernel, inputs.length, 1);
}
