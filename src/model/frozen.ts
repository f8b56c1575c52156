/**
 * The network in evaluation mode with fixed weights: batch norm folded into the convolutions once, gradients with
 * respect to the input only. Attacks run on this; ten PGD iterations pay for one folding.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { foldBatchNorm } from "../backend/operations/batch_norm.ts";
import type { Backend } from "../backend/backend.ts";
import {
  frozenFeatures,
  type FrozenLayer,
  hasFrozenKernels,
} from "../backend/operations/frozen_network.ts";
import type { Tensor2D, Tensor4D } from "../backend/tensor.ts";
import type { ImageShape } from "../data/dataset.ts";
import {
  type Architecture,
  type BatchNorm,
  forward,
  type Layers,
  normalisationNames,
} from "./architecture.ts";
import type { ModelState, TensorMap } from "./parameters.ts";
import {
  type Activation,
  activationOf,
  BATCH_NORM_EPSILON,
  classifier,
  linear,
  standardise,
} from "./train_mode.ts";

/** A network that only maps images to logits. */
export interface FrozenModel {
  /** Logits `[N,classes]` of `x` `[N,H,W,channels]` in [0,1], differentiable in `x`. */
  logits(x: Tensor4D): Tensor2D;
  /** Frees the folded weights. */
  dispose(): void;
}

/**
 * Folds `state` as it is now: `w' = w · γ/√(running_var + ε)`, `b' = β − running_mean · γ/√(running_var + ε)`.
 * Later updates of `state` do not reach the folded weights.
 *
 * @example
 * ```ts
 * import { buildArchitecture, freeze, initialise, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const architecture = buildArchitecture("resnet18", { width: 1, classes: 10 });
 * const model = freeze(architecture, initialise(architecture, 1));
 * assert.deepEqual(model.logits(tf.zeros([2, 32, 32, 3])).shape, [2, 10]);
 * model.dispose();
 * backend.close();
 * ```
 */
export function freeze(
  architecture: Architecture,
  state: ModelState,
  activation: Activation = activationOf(architecture),
): FrozenModel {
  const folded = fold(architecture, state);
  const tensor = (name: string) => folded.get(name)!;
  const { linear: linearName } = architecture;
  const [weight, bias] = [tensor(`${linearName}.weight`), tensor(`${linearName}.bias`)];
  const { normalisation } = architecture;
  const layers: Layers = {
    standardise(prefix, x) {
      const { mean, std } = normalisationNames(prefix);
      return standardise(x, tensor(mean), tensor(std));
    },
    convolve({ convolution: { name, kernel, stride }, norm, activate }, x, add) {
      const filter = tensor(`${name}.weight`) as tf.Tensor4D;
      const bias = norm && tensor(`${name}.bias`) as tf.Tensor1D;
      const y = frozenConvolution(x, filter, bias, stride, (kernel - 1) / 2);
      const sum = add ? tf.add<tf.Tensor4D>(y, add) : y;
      return activate ? activation(sum) : sum;
    },
    normalise: ({ name }, x) =>
      activation(tf.add(tf.mul(x, tensor(`${name}.scale`)), tensor(`${name}.shift`))),
    classify: (x) => classifier(x, weight, bias),
  };
  const seen = (x: Tensor4D) =>
    normalisation === undefined ? x : layers.standardise(normalisation, x);
  // An engine's own network ends in rectifiers; another activation is composed of layers on every engine.
  const whole = activation === tf.relu && hasFrozenKernels();
  const network = frozenLayers(architecture);
  const weights = Object.fromEntries(
    network.flatMap(weightNames).map((name) => [name, tensor(name)]),
  );
  return {
    logits: (x) =>
      tf.tidy(() =>
        whole
          ? linear(frozenFeatures(network, weights, seen(x)), weight, bias)
          : forward(architecture, layers, x)
      ),
    dispose() {
      for (const weight of folded.values()) weight.dispose();
      folded.clear();
    },
  };
}

/** Lets `backend` find out which kernels suit batches of `n` images of `shape`; nothing is computed that anyone sees. */
export function prepareFrozen(
  architecture: Architecture,
  { height, width, channels }: ImageShape,
  n: number,
  backend: Backend,
): Promise<void> {
  // The kernels of an engine's own network, which another activation does not go through.
  if (activationOf(architecture) !== tf.relu) return Promise.resolve();
  const shapes = architecture.layers.flatMap(({ convolution, norm }): [string, number[]][] => {
    if (convolution === undefined) {
      const { name, channels } = norm!;
      return [[`${name}.scale`, [channels]], [`${name}.shift`, [channels]]];
    }
    const { name, kernel, inChannels, outChannels } = convolution;
    return [
      [`${name}.weight`, [kernel, kernel, inChannels, outChannels]],
      ...norm ? [[`${name}.bias`, [outChannels]] as [string, number[]]] : [],
    ];
  });
  const images = [n, height, width, channels] as const;
  return backend.prepare(frozenLayers(architecture), Object.fromEntries(shapes), images);
}

/** The layers of `architecture` as an engine takes them. */
function frozenLayers({ layers }: Architecture): FrozenLayer[] {
  return layers.map((layer): FrozenLayer => {
    const { convolution, norm, input } = layer;
    if (convolution === undefined) return { kind: "scale-shift", name: norm.name, input };
    const { name, kernel, stride } = convolution;
    const { add, activate: relu } = layer;
    const bias = norm !== undefined;
    const sum = add !== undefined && { add };
    return { kind: "convolution", name, kernel, stride, input, bias, ...sum, relu };
  });
}

/** The folded weights of a layer. */
function weightNames(layer: FrozenLayer): string[] {
  const kinds = layer.kind === "scale-shift"
    ? ["scale", "shift"]
    : ["weight", ...layer.bias ? ["bias"] : []];
  return kinds.map((kind) => `${layer.name}.${kind}`);
}

function fold(architecture: Architecture, { parameters, buffers }: ModelState): TensorMap {
  const folded: TensorMap = new Map();
  const foldInto = (filter: tf.Tensor4D, { name }: BatchNorm) => {
    const parameter = (kind: string) => parameters.get(`${name}.${kind}`) as tf.Tensor1D;
    const buffer = (kind: string) => buffers.get(`${name}.${kind}`) as tf.Tensor1D;
    return foldBatchNorm(
      filter,
      { gamma: parameter("weight"), beta: parameter("bias") },
      { mean: buffer("running_mean"), variance: buffer("running_var") },
      BATCH_NORM_EPSILON,
    );
  };
  const keep = (name: string, tensor: tf.Tensor) => folded.set(name, tf.keep(tensor));
  for (const { convolution, norm } of architecture.layers) {
    if (convolution === undefined) {
      const ones = tf.ones<tf.Rank.R4>([1, 1, 1, norm!.channels]);
      const { filter, bias } = foldInto(ones, norm!);
      keep(`${norm!.name}.scale`, tf.reshape(filter, [-1]));
      keep(`${norm!.name}.shift`, bias);
      tf.dispose([ones, filter]);
      continue;
    }
    const weight = parameters.get(`${convolution.name}.weight`) as tf.Tensor4D;
    if (norm === undefined) {
      keep(`${convolution.name}.weight`, weight.clone());
      continue;
    }
    const { filter, bias } = foldInto(weight, norm);
    keep(`${convolution.name}.weight`, filter);
    keep(`${convolution.name}.bias`, bias);
  }
  const { normalisation } = architecture;
  if (normalisation !== undefined) {
    for (const name of Object.values(normalisationNames(normalisation))) {
      keep(name, buffers.get(name)!.clone());
    }
  }
  for (const kind of ["weight", "bias"]) {
    const name = `${architecture.linear}.${kind}`;
    keep(name, parameters.get(name)!.clone());
  }
  return folded;
}

/** Convolution, plus bias if there is one, whose filter is a constant: tfjs's own gradient would compute the filter's as well. */
function frozenConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  stride: number,
  pad: number,
): tf.Tensor4D {
  const convolve = tf.customGrad((input) => ({
    value: tf.fused.conv2d({
      x: input as tf.Tensor4D,
      filter,
      strides: stride,
      pad,
      ...bias && { bias },
    }),
    gradFunc: (dy: tf.Tensor) =>
      tf.conv2dTranspose(dy as tf.Tensor4D, filter, x.shape, stride, pad),
  }));
  return convolve(x) as tf.Tensor4D;
}
