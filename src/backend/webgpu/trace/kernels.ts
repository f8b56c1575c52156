/**
 * Our own operations as operations of a graph, and the table of everything that can be traced.
 *
 * @module
 */
import type { BatchShape } from "../../operations/convolution_shape.ts";
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
import { convolutionKernels, type FilterShape } from "./convolutions.ts";
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
import { type Inputs, operate, type TraceKernel, typed } from "./operate.ts";
import { averageSteps, sgdSteps } from "./update.ts";

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
    const { epsilon } = typed<{ epsilon: number }>(attributes);
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
  typed<{ layers: readonly FrozenLayer[] }>(attributes).layers;

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
    const { shape } = typed<{ shape: BatchShape }>(attributes);
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
    ...convolutionKernels,
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
