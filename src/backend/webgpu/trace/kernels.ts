/**
 * Our own operations, and tfjs's convolutions, as operations of a graph.
 *
 * @module
 */
import {
  type BatchShape,
  type ConvolutionShape,
  outputSize,
} from "../../operations/convolution_shape.ts";
import * as tf from "@tensorflow/tfjs";
import {
  BATCH_NORM_APPLY,
  BATCH_NORM_GRADIENT,
  BATCH_NORM_STATISTICS,
  type BatchNormAttributes,
  type BatchNormGradientAttributes,
  FOLD_BATCH_NORM,
  type GroupAttributes,
  RUNNING_STATISTICS,
  type RunningAttributes,
} from "../../operations/batch_norm.ts";
import {
  FROZEN_FORWARD,
  FROZEN_GRADIENT,
  type FrozenLayer,
} from "../../operations/frozen_network.ts";
import {
  GLOBAL_AVERAGE_POOL,
  GLOBAL_AVERAGE_POOL_GRADIENT,
} from "../../operations/average_pool.ts";
import { AVERAGE_STEPS } from "../../operations/average_step.ts";
import { SGD_STEPS } from "../../operations/sgd_step.ts";
import { SIGN_STEP, type SignStepAttributes } from "../../operations/sign_step.ts";
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_GRADIENT,
  KL_DIVERGENCE,
  KL_DIVERGENCE_GRADIENT,
  LABEL_PROBABILITY,
  LABEL_PROBABILITY_GRADIENT,
} from "../../operations/softmax_losses.ts";
import { type ConvolutionMode, type Epilogue, PLAIN } from "../convolution/shape.ts";
import { frozenForward, frozenGradient } from "./frozen_layers.ts";
import type { Lowered } from "../program/kernel.ts";
import { batchNormApply, foldBatchNorm, runningStatistics } from "../operations/batch_norm.ts";
import { batchNormGradient } from "../operations/batch_norm_gradient.ts";
import { batchNormStatistics } from "../operations/batch_norm_statistics.ts";
import { globalAveragePool, globalAveragePoolGradient } from "../operations/pool.ts";
import * as losses from "../operations/softmax_losses.ts";
import { sizeOf } from "../operations/shader.ts";
import { signStep } from "../operations/steps.ts";
import { TRACE_BACKEND, type TraceBackend } from "./trace.ts";
import { mathKernels } from "./math.ts";
import { type Inputs, operate, type TraceKernel } from "./operate.ts";
import { averageSteps, sgdSteps } from "./update.ts";

type FilterShape = [kernel: number, kernel: number, inChannels: number, outChannels: number];

/** `attributes` as the caller of the kernel has typed them. */
const as = <T>(attributes: tf.NamedAttrMap) => attributes as unknown as T;

/** A convolution of images of `shape` by filters of `filter`, as tfjs's attributes describe it. */
function convolutionOf(
  [batch, height, width, inChannels]: BatchShape,
  [kernel, , , outChannels]: FilterShape,
  attributes: tf.NamedAttrMap,
): ConvolutionShape {
  const { strides, pad } = as<{ strides: number | [number, number]; pad: number }>(attributes);
  const stride = typeof strides === "number" ? strides : strides[0];
  const known = (kernel === 1 || kernel === 3) && (stride === 1 || stride === 2);
  if (!known || pad !== (kernel - 1) / 2) {
    throw new Error(`A traced convolution of kernel ${kernel}, stride ${stride}, pad ${pad}.`);
  }
  return { batch, height, width, inChannels, outChannels, kernel, stride };
}

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

const convolutions: Readonly<Record<string, TraceKernel>> = {
  Conv2D(backend, { x, filter }, attributes) {
    const [images, filters] = [x!.shape as unknown as BatchShape, filter!.shape as FilterShape];
    const shape = convolutionOf(images, filters, attributes);
    const result = [shape.batch, ...outputSize(shape), shape.outChannels];
    return convolve(backend, "forward", shape, [x!, filter!], result);
  },
  FusedConv2D(backend, { x, filter, bias }, attributes) {
    const { activation } = as<{ activation: string }>(attributes);
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
    const { inputShape } = as<{ inputShape: BatchShape }>(attributes);
    const shape = convolutionOf(inputShape, filter!.shape as FilterShape, attributes);
    return convolve(backend, "inputGradient", shape, [dy!, filter!], inputShape);
  },
  Conv2DBackpropFilter(backend, { x, dy }, attributes) {
    const { filterShape } = as<{ filterShape: FilterShape }>(attributes);
    const shape = convolutionOf(x!.shape as unknown as BatchShape, filterShape, attributes);
    return convolve(backend, "filterGradient", shape, [x!, dy!], filterShape);
  },
};

const batchNorm: Readonly<Record<string, TraceKernel>> = {
  [BATCH_NORM_STATISTICS](backend, { x }, attributes) {
    const { groups } = attributes as GroupAttributes;
    const shape = x!.shape as unknown as BatchShape, statistics = [groups.length, shape[3]];
    const lowered = batchNormStatistics(shape, groups);
    return operate(backend, lowered, [x!], [statistics, statistics]);
  },
  [BATCH_NORM_APPLY](backend, { x, mean, variance, gamma, beta, add }, attributes) {
    const { groups, epsilon, relu } = attributes as BatchNormAttributes;
    const shape = x!.shape as unknown as BatchShape;
    const lowered = batchNormApply(shape, groups, { epsilon, relu, add: add !== undefined });
    const inputs = [x!, mean!, variance!, gamma!, beta!, ...add ? [add] : []];
    return operate(backend, lowered, inputs, [shape]);
  },
  [BATCH_NORM_GRADIENT](backend, { dy, x, mean, variance, gamma, y }, attributes) {
    const { groups, epsilon, add } = attributes as BatchNormGradientAttributes;
    const shape = x!.shape as unknown as BatchShape, channels = [shape[3]];
    const options = { epsilon, add, masked: y !== undefined };
    const inputs = [dy!, x!, mean!, variance!, gamma!, ...y ? [y] : []];
    const shapes = [shape, channels, channels, ...add ? [shape] : []];
    return operate(backend, batchNormGradient(shape, groups, options), inputs, shapes);
  },
  [RUNNING_STATISTICS](backend, inputs, attributes) {
    const { runningMean, runningVariance, mean, variance } = inputs;
    const { momentum, counts } = attributes as RunningAttributes;
    const { shape } = runningMean!;
    const lowered = runningStatistics(shape[0]!, counts, momentum);
    const given = [runningMean!, runningVariance!, mean!, variance!];
    return operate(backend, lowered, given, [shape, shape]);
  },
  [FOLD_BATCH_NORM](backend, { filter, gamma, beta, mean, variance }, attributes) {
    const { epsilon } = as<{ epsilon: number }>(attributes);
    const shape = filter!.shape as FilterShape;
    const inputs = [filter!, gamma!, beta!, mean!, variance!];
    return operate(backend, foldBatchNorm(shape, epsilon), inputs, [shape, [shape[3]]]);
  },
};

/** A kernel of rows `[N,C]`: the first input's shape, or one number a row. */
function rowLoss(
  lower: (shape: [number, number]) => Lowered,
  names: readonly string[],
  outputs: readonly ("row" | "matrix")[],
): TraceKernel {
  return (backend, inputs) => {
    const shape = inputs[names[0]!]!.shape as [number, number];
    const shapes = outputs.map((kind) => kind === "row" ? [shape[0]] : shape);
    return operate(backend, lower(shape), names.map((name) => inputs[name]!), shapes);
  };
}

const softmaxLosses: Readonly<Record<string, TraceKernel>> = {
  [CROSS_ENTROPY]: rowLoss(losses.crossEntropy, ["logits", "labels"], ["row"]),
  [CROSS_ENTROPY_GRADIENT]: rowLoss(
    losses.crossEntropyGradient,
    ["logits", "labels", "dy"],
    ["matrix"],
  ),
  [KL_DIVERGENCE]: rowLoss(losses.klDivergence, ["p", "q"], ["row"]),
  [KL_DIVERGENCE_GRADIENT]: rowLoss(
    losses.klDivergenceGradient,
    ["p", "q", "dy"],
    ["matrix", "matrix"],
  ),
  [LABEL_PROBABILITY]: rowLoss(losses.labelProbability, ["logits", "labels"], ["row"]),
  [LABEL_PROBABILITY_GRADIENT]: rowLoss(
    losses.labelProbabilityGradient,
    ["logits", "labels", "dy"],
    ["matrix"],
  ),
};

const layersOf = (attributes: tf.NamedAttrMap) =>
  as<{ layers: readonly FrozenLayer[] }>(attributes).layers;

const network: Readonly<Record<string, TraceKernel>> = {
  [FROZEN_FORWARD](backend, { x, ...weights }, attributes) {
    const { features, outputs } = frozenForward(
      backend.graph,
      layersOf(attributes),
      weightsOf(backend, weights),
      backend.value(x!),
      x!.shape as unknown as BatchShape,
    );
    const batch = x!.shape[0]!;
    return [
      backend.info(features, [batch, features.size / batch]),
      ...outputs.map(({ value, shape }) => backend.info(value, shape)),
    ];
  },
  [FROZEN_GRADIENT](backend, { dy, x, ...rest }, attributes) {
    const layers = layersOf(attributes);
    const outputs = layers.map((_, i) => backend.value(rest[i]!));
    const dx = frozenGradient(
      backend.graph,
      layers,
      weightsOf(backend, rest),
      outputs,
      backend.value(dy!),
      x!.shape as unknown as BatchShape,
    );
    return backend.info(dx, x!.shape);
  },
  [GLOBAL_AVERAGE_POOL](backend, { x }) {
    const shape = x!.shape as unknown as BatchShape;
    return operate(backend, globalAveragePool(shape), [x!], [[shape[0], shape[3]]]);
  },
  [GLOBAL_AVERAGE_POOL_GRADIENT](backend, { dy }, attributes) {
    const { shape } = as<{ shape: BatchShape }>(attributes);
    return operate(backend, globalAveragePoolGradient(shape, false), [dy!], [shape]);
  },
  [SIGN_STEP](backend, { x, adversarial, slope }, attributes) {
    const { stepSize, epsilon } = attributes as SignStepAttributes;
    const lowered = signStep(sizeOf(x!.shape), stepSize, epsilon);
    return operate(backend, lowered, [x!, adversarial!, slope!], [x!.shape]);
  },
};

function weightsOf(backend: TraceBackend, weights: Inputs) {
  return (name: string) => {
    const { shape } = weights[name]!;
    return { value: backend.value(weights[name]!), shape };
  };
}

/** Registers everything that can be traced. */
export function registerTraceKernels(): void {
  const kernels = {
    ...mathKernels,
    ...convolutions,
    ...batchNorm,
    ...softmaxLosses,
    ...network,
    [SGD_STEPS]: sgdSteps,
    [AVERAGE_STEPS]: averageSteps,
  };
  for (const [kernelName, trace] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, TRACE_BACKEND)) continue;
    tf.registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, backend, attrs }) =>
        trace(backend as TraceBackend, inputs as Inputs, (attrs ?? {}) as tf.NamedAttrMap),
    });
  }
}
