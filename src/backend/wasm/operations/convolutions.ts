/**
 * tfjs's convolution kernels, computed by the engine's own.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ConvolutionShape, outputSize } from "../../operations/convolution_shape.ts";
import { computeFilterGradient, forwardPhase, inputGradientPhase } from "./convolution_phases.ts";
import type { Inputs, KernelTable } from "./registration.ts";
import type { TensorEngine } from "../tensors.ts";

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: string;
  readonly dilations: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** The convolution that tfjs asks for, if it is one of the network's kinds. */
function describe(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: tf.NamedAttrMap,
): ConvolutionShape {
  const { strides, pad, dataFormat, dilations, dimRoundingMode } =
    attributes as unknown as Attributes;
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
  );
  const { filterHeight: kernel, strideHeight: stride, padInfo } = info;
  const { top, left } = padInfo;
  const half = (kernel - 1) / 2;
  const known = dataFormat === "NHWC" && (kernel === 1 || kernel === 3) &&
    info.filterWidth === kernel && (stride === 1 || stride === 2) && info.strideWidth === stride &&
    info.dilationHeight === 1 && info.dilationWidth === 1 && top === half && left === half &&
    info.outHeight === Math.ceil(info.inHeight / stride) &&
    info.outWidth === Math.ceil(info.inWidth / stride);
  if (!known) {
    throw new Error(
      "The CPU engine convolves NHWC images with 1×1 and 3×3 filters, stride 1 or 2, padded by half the filter.",
    );
  }
  return {
    batch: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    kernel,
    stride,
  };
}

function forward(engine: TensorEngine, { x, filter }: Inputs, attributes: tf.NamedAttrMap) {
  const convolution = describe(x!.shape, filter!.shape, attributes);
  const { batch, outChannels } = convolution;
  const source = engine.address(x!);
  const y = engine.allocate([batch, ...outputSize(convolution), outChannels]);
  engine.crew.run([forwardPhase(engine, convolution, source, filter!, engine.address(y), {})]);
  return y;
}

function inputGradient(engine: TensorEngine, { dy, filter }: Inputs, attributes: tf.NamedAttrMap) {
  const { inputShape } = attributes as unknown as { inputShape: number[] };
  const convolution = describe(inputShape, filter!.shape, attributes);
  const source = engine.address(dy!);
  const dx = engine.allocate(inputShape);
  engine.crew.run([
    inputGradientPhase(engine, convolution, source, filter!, engine.address(dx), {}),
  ]);
  return dx;
}

function filterGradient(engine: TensorEngine, { x, dy }: Inputs, attributes: tf.NamedAttrMap) {
  const { filterShape } = attributes as unknown as { filterShape: number[] };
  const convolution = describe(x!.shape, filterShape, attributes);
  const image = engine.address(x!), slope = engine.address(dy!);
  const dw = engine.allocate(filterShape);
  computeFilterGradient(engine, convolution, image, slope, engine.address(dw));
  return dw;
}

/** The forward convolution and its two gradients. */
export const convolutionKernels: KernelTable = {
  Conv2D: forward,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
};
