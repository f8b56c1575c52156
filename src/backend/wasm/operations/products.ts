/**
 * tfjs's matrix product, computed as what it is to a convolution: 1×1 on images of one pixel, or one of its gradients.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ConvolutionShape } from "../../operations/convolution_shape.ts";
import { forwardPhase, inputGradientPhase } from "./convolution_phases.ts";
import { computeFilterGradient } from "./filter_gradient.ts";
import { activate, isActivation } from "./activation.ts";
import { addRepeating } from "./channelwise.ts";
import { type EngineKernel, type KernelTable, stock } from "./registration.ts";
import { MOST_COLUMNS, MOST_TERMS } from "./slicing.ts";

const PIXEL = { height: 1, width: 1, kernel: 1, stride: 1 } as const;

/** `a · b`, `a · bᵀ` or `aᵀ · b` of two float32 matrices; anything else, and what is too large, is left to tfjs's kernel. */
const multiply: EngineKernel = (engine, inputs, attributes) => {
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
  const matrices = [a, b].every(({ dtype, shape }) => dtype === "float32" && shape.length === 2) &&
    !(transposeA && transposeB);
  const [m = 0, k = 0] = a.shape, [rows = 0, columns = 0] = b.shape;
  const fits = transposeA ? columns <= MOST_COLUMNS : k <= MOST_TERMS;
  if (!matrices || !fits) return stock("BatchMatMul", engine, inputs, attributes);
  const left = engine.address(a), right = engine.address(b);
  const c = engine.allocate([transposeA ? k : m, transposeB ? rows : columns]);
  const to = engine.address(c);
  const convolution: ConvolutionShape = transposeA
    ? { ...PIXEL, batch: m, inChannels: k, outChannels: columns }
    : { ...PIXEL, batch: m, inChannels: rows, outChannels: columns };
  if (transposeA) computeFilterGradient(engine, convolution, { x: left, dy: right, dw: to });
  else if (transposeB) {
    engine.crew.run([inputGradientPhase(engine, convolution, left, b, to, {})]);
  } else engine.crew.run([forwardPhase(engine, convolution, left, b, to, {})]);
  return c;
};

/** A product whose result tfjs wants with a bias and an activation; it comes as a batch of one. */
const fused: EngineKernel = (engine, inputs, attributes) => {
  const { a, b, bias } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo; bias?: tf.TensorInfo };
  const isOne = ({ shape }: tf.TensorInfo) => shape.length === 3 && shape[0] === 1;
  if (!isOne(a) || !isOne(b) || !isActivation(attributes)) {
    return stock("_FusedMatMul", engine, inputs, attributes);
  }
  const matrix = (tensor: tf.TensorInfo) => ({ ...tensor, shape: tensor.shape.slice(1) });
  const product = multiply(engine, { a: matrix(a), b: matrix(b) }, attributes) as tf.TensorInfo;
  let y = product;
  if (bias) {
    y = addRepeating(engine, { a: product, b: bias }, {}) as tf.TensorInfo;
    engine.disposeIntermediateTensorInfo(product);
  }
  const result = activate(engine, y, inputs, attributes);
  return { ...result, shape: [1, ...result.shape] };
};

/** Matrix products. */
export const productKernels: KernelTable = { BatchMatMul: multiply, _FusedMatMul: fused };
