/**
 * tfjs's convolution kernels, computed by the engine's own.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type ConvolutionShape, outputSize } from "../../operations/convolution_shape.ts";
import { activate, isActivation } from "./activation.ts";
import { type EpilogueAddresses, forwardPhase, inputGradientPhase } from "./convolution_phases.ts";
import { computeFilterGradient } from "./filter_gradient.ts";
import {
  type ConvolutionInfo,
  filterGradientLowered,
  forwardLowered,
  inputGradientLowered,
} from "./lowered_convolution.ts";
import { type EngineKernel, type Inputs, type KernelTable, stock } from "./registration.ts";
import { MOST_CHANNELS } from "./slicing.ts";
import type { TensorEngine } from "../tensors.ts";

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dilations: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** What tfjs asks for. */
interface Asked {
  readonly info: ConvolutionInfo;
  /** The same, if it is one of the kinds that kernels are made for. */
  readonly known?: ConvolutionShape;
}

function describe(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: tf.NamedAttrMap,
): Asked {
  const { strides, pad, dilations, dimRoundingMode } = attributes as unknown as Attributes;
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
  );
  if (!info.outShape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new Error(
      `No image is [${inputShape}] convolved by [${filterShape}], strides ${strides}.`,
    );
  }
  const { filterHeight: kernel, strideHeight: stride, padInfo } = info;
  const { top, left } = padInfo;
  const half = (kernel - 1) / 2;
  const is = (kernel === 1 || kernel === 3) && info.filterWidth === kernel &&
    (stride === 1 || stride === 2) && info.strideWidth === stride &&
    info.dilationHeight === 1 && info.dilationWidth === 1 && top === half && left === half &&
    info.outHeight === Math.ceil(info.inHeight / stride) &&
    info.outWidth === Math.ceil(info.inWidth / stride) &&
    (kernel === 1 || Math.max(info.inChannels, info.outChannels) <= MOST_CHANNELS);
  if (!is) return { info };
  const { batchSize: batch, inHeight: height, inWidth: width, inChannels, outChannels } = info;
  return { info, known: { batch, height, width, inChannels, outChannels, kernel, stride } };
}

const isNhwc = ({ dataFormat }: tf.NamedAttrMap) => dataFormat === "NHWC";

/** The convolution and what follows it. */
function convolve(
  engine: TensorEngine,
  { x, filter }: Inputs,
  attributes: tf.NamedAttrMap,
  epilogue: EpilogueAddresses,
): tf.TensorInfo {
  const { info, known } = describe(x!.shape, filter!.shape, attributes);
  if (known === undefined) return forwardLowered(engine, info, x!, filter!, epilogue);
  const { batch, outChannels } = known;
  const source = engine.address(x!);
  const y = engine.allocate([batch, ...outputSize(known), outChannels]);
  engine.crew.run([forwardPhase(engine, known, source, filter!, engine.address(y), epilogue)]);
  return y;
}

const forward: EngineKernel = (engine, inputs, attributes) =>
  isNhwc(attributes)
    ? convolve(engine, inputs, attributes, {})
    : stock("Conv2D", engine, inputs, attributes);

/** A convolution whose result tfjs wants with a bias and an activation. */
const fused: EngineKernel = (engine, inputs, attributes) => {
  const { filter, bias } = inputs, relu = attributes.activation === "relu";
  const ours = isNhwc(attributes) && isActivation(attributes) &&
    (!bias || bias.shape.length === 1 && bias.shape[0] === filter!.shape[3]);
  if (!ours) return stock("FusedConv2D", engine, inputs, attributes);
  const epilogue = { ...bias && { bias: engine.address(bias) }, relu };
  const y = convolve(engine, inputs, attributes, epilogue);
  return relu ? y : activate(engine, y, inputs, attributes);
};

const inputGradient: EngineKernel = (engine, inputs, attributes) => {
  if (!isNhwc(attributes)) return stock("Conv2DBackpropInput", engine, inputs, attributes);
  const { dy, filter } = inputs;
  const { inputShape } = attributes as unknown as { inputShape: number[] };
  const { info, known } = describe(inputShape, filter!.shape, attributes);
  if (known === undefined) return inputGradientLowered(engine, info, dy!, filter!);
  const source = engine.address(dy!);
  const dx = engine.allocate(inputShape);
  engine.crew.run([inputGradientPhase(engine, known, source, filter!, engine.address(dx), {})]);
  return dx;
};

const filterGradient: EngineKernel = (engine, inputs, attributes) => {
  if (!isNhwc(attributes)) return stock("Conv2DBackpropFilter", engine, inputs, attributes);
  const { x, dy } = inputs;
  const { filterShape } = attributes as unknown as { filterShape: number[] };
  const { info, known } = describe(x!.shape, filterShape, attributes);
  if (known === undefined) return filterGradientLowered(engine, info, x!, dy!);
  const [image, slope] = [engine.address(x!), engine.address(dy!)];
  const dw = engine.allocate(filterShape);
  computeFilterGradient(engine, known, { x: image, dy: slope, dw: engine.address(dw) });
  return dw;
};

/** The forward convolution, alone or with a bias and rectifier, and its two gradients. */
export const convolutionKernels: KernelTable = {
  Conv2D: forward,
  FusedConv2D: fused,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
};
