/**
 * tfjs's convolutions and their gradients as operations of a graph.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import {
  type BatchShape,
  type ConvolutionShape,
  outputSize,
} from "../../operations/convolution_shape.ts";
import { type ConvolutionMode, type Epilogue, PLAIN } from "../convolution/shape.ts";
import { sizeOf } from "../operations/shader.ts";
import { type TraceKernel, typed } from "./operate.ts";
import type { TraceBackend } from "./trace.ts";

/** The shape of filters, as tfjs has them. */
export type FilterShape = [kernel: number, kernel: number, inChannels: number, outChannels: number];

/** A convolution of images of `shape` by filters of `filter`, as tfjs's attributes describe it. */
function convolutionOf(
  [batch, height, width, inChannels]: BatchShape,
  [kernel, , , outChannels]: FilterShape,
  attributes: tf.NamedAttrMap,
): ConvolutionShape {
  const { strides, pad } = typed<{ strides: number | [number, number]; pad: number }>(attributes);
  const stride = typeof strides === "number" ? strides : strides[0];
  const known = (kernel === 1 || kernel === 3) && (stride === 1 || stride === 2);
  if (!known || pad !== (kernel - 1) / 2) {
    throw new Error(`A traced convolution of kernel ${kernel}, stride ${stride}, pad ${pad}.`);
  }
  return { batch, height, width, inChannels, outChannels, kernel, stride };
}

/** A tensor of shape `result` that the convolution makes of `inputs`. */
function convolve(
  backend: TraceBackend,
  mode: ConvolutionMode,
  shape: ConvolutionShape,
  inputs: readonly tf.TensorInfo[],
  result: readonly number[],
  epilogue: Epilogue = PLAIN,
): tf.TensorInfo {
  const values = inputs.map((tensor) => backend.value(tensor));
  const value = backend.graph.convolve(mode, shape, epilogue, values, sizeOf(result));
  return backend.info(value, result);
}

/** By tfjs's names. */
export const convolutionKernels: Readonly<Record<string, TraceKernel>> = {
  Conv2D(backend, { x, filter }, attributes) {
    const [images, filters] = [x!.shape as unknown as BatchShape, filter!.shape as FilterShape];
    const shape = convolutionOf(images, filters, attributes);
    const result = [shape.batch, ...outputSize(shape), shape.outChannels];
    return convolve(backend, "forward", shape, [x!, filter!], result);
  },
  FusedConv2D(backend, { x, filter, bias }, attributes) {
    const { activation } = typed<{ activation: string }>(attributes);
    if (activation !== "linear") {
      throw new Error(`A traced convolution is fused with a bias alone, not with ${activation}.`);
    }
    const [images, filters] = [x!.shape as unknown as BatchShape, filter!.shape as FilterShape];
    const shape = convolutionOf(images, filters, attributes);
    const result = [shape.batch, ...outputSize(shape), shape.outChannels];
    const inputs = [x!, filter!, ...bias ? [bias] : []];
    const epilogue = { ...PLAIN, bias: bias !== undefined };
    return convolve(backend, "forward", shape, inputs, result, epilogue);
  },
  Conv2DBackpropInput(backend, { dy, filter }, attributes) {
    const { inputShape } = typed<{ inputShape: BatchShape }>(attributes);
    const shape = convolutionOf(inputShape, filter!.shape as FilterShape, attributes);
    return convolve(backend, "inputGradient", shape, [dy!, filter!], inputShape);
  },
  Conv2DBackpropFilter(backend, { x, dy }, attributes) {
    const { filterShape } = typed<{ filterShape: FilterShape }>(attributes);
    const shape = convolutionOf(x!.shape as unknown as BatchShape, filterShape, attributes);
    return convolve(backend, "filterGradient", shape, [x!, dy!], filterShape);
  },
};
