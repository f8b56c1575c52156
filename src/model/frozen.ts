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
import { IMAGE_CHANNELS, IMAGE_SIZE } from "../data/dataset.ts";
import {
  type Architecture,
  type ConvNorm,
  convNorms,
  forward,
  type Layers,
} from "./architecture.ts";
import type { ModelState, TensorMap } from "./parameters.ts";
import { type Activation, BATCH_NORM_EPSILON, classifier, linear } from "./train_mode.ts";

/** A network that only maps images to logits. */
export interface FrozenModel {
  /** Logits `[N,classes]` of `x` `[N,32,32,3]` in [0,1], differentiable in `x`. */
  logits(x: tf.Tensor4D): tf.Tensor2D;
  /** Frees the folded weights. */
  dispose(): void;
}

/**
 * Folds `state` as it is now: `w' = w · γ/√(running_var + ε)`, `b' = β − running_mean · γ/√(running_var + ε)`.
 * Later updates of `state` do not reach the folded weights.
 */
export function freeze(
  architecture: Architecture,
  state: ModelState,
  activation: Activation = tf.relu,
): FrozenModel {
  const folded = fold(architecture, state);
  const tensor = (name: string) => folded.get(name)!;
  const layers: Layers = {
    convNorm({ conv, kernel, stride }, x, { add, activate }) {
      const weight = tensor(`${conv}.weight`) as tf.Tensor4D;
      const bias = tensor(`${conv}.bias`) as tf.Tensor1D;
      const y = frozenConvolution(x, weight, bias, stride, (kernel - 1) / 2);
      const sum = add ? tf.add<tf.Tensor4D>(y, add) : y;
      return activate ? activation(sum) : sum;
    },
    classify: (x) => classifier(x, tensor("linear.weight"), tensor("linear.bias")),
  };
  // An engine's own network ends in rectifiers; another activation is composed of layers on every engine.
  const whole = activation === tf.relu && hasFrozenKernels();
  const network = frozenLayers(architecture);
  const weights = Object.fromEntries(
    network.flatMap(({ name }) =>
      ["weight", "bias"].map((kind) => [`${name}.${kind}`, tensor(`${name}.${kind}`)])
    ),
  );
  return {
    logits: (x) =>
      tf.tidy(() =>
        whole
          ? linear(
            frozenFeatures(network, weights, x),
            tensor("linear.weight"),
            tensor("linear.bias"),
          )
          : forward(architecture, layers, x)
      ),
    dispose() {
      for (const weight of folded.values()) weight.dispose();
      folded.clear();
    },
  };
}

/** Lets `backend` find out which kernels suit batches of `n` images; nothing is computed that anyone sees. */
export function prepareFrozen(
  architecture: Architecture,
  n: number,
  backend: Backend,
): Promise<void> {
  const shapes = convNorms(architecture).flatMap((
    { conv, kernel, inChannels, outChannels },
  ): [string, number[]][] => [
    [`${conv}.weight`, [kernel, kernel, inChannels, outChannels]],
    [`${conv}.bias`, [outChannels]],
  ]);
  const images = [n, IMAGE_SIZE, IMAGE_SIZE, IMAGE_CHANNELS] as const;
  return backend.prepare(frozenLayers(architecture), Object.fromEntries(shapes), images);
}

/** The convolutions of `architecture` with what follows them, in the order in which {@linkcode forward} makes them. */
function frozenLayers({ stem, blocks }: Architecture): FrozenLayer[] {
  const layers: FrozenLayer[] = [];
  const append = (
    { conv, kernel, stride }: ConvNorm,
    rest: Omit<FrozenLayer, "name" | "kernel" | "stride">,
  ) => layers.push({ name: conv, kernel, stride, ...rest });
  let hidden = append(stem, { input: 0, relu: true });
  for (const { first, second, shortcut } of blocks) {
    const add = shortcut ? append(shortcut, { input: hidden, relu: false }) : hidden;
    const inner = append(first, { input: hidden, relu: true });
    hidden = append(second, { input: inner, add, relu: true });
  }
  return layers;
}

function fold(architecture: Architecture, { parameters, buffers }: ModelState): TensorMap {
  const folded: TensorMap = new Map();
  for (const { conv, norm } of convNorms(architecture)) {
    const { filter, bias } = foldBatchNorm(
      parameters.get(`${conv}.weight`) as tf.Tensor4D,
      {
        gamma: parameters.get(`${norm}.weight`) as tf.Tensor1D,
        beta: parameters.get(`${norm}.bias`) as tf.Tensor1D,
      },
      {
        mean: buffers.get(`${norm}.running_mean`) as tf.Tensor1D,
        variance: buffers.get(`${norm}.running_var`) as tf.Tensor1D,
      },
      BATCH_NORM_EPSILON,
    );
    folded.set(`${conv}.weight`, tf.keep(filter));
    folded.set(`${conv}.bias`, tf.keep(bias));
  }
  for (const name of ["linear.weight", "linear.bias"]) {
    folded.set(name, tf.keep(parameters.get(name)!.clone()));
  }
  return folded;
}

/** Convolution plus bias whose filter is a constant: tfjs's own gradient would compute the filter's as well. */
function frozenConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  stride: number,
  pad: number,
): tf.Tensor4D {
  const convolve = tf.customGrad((input) => ({
    value: tf.fused.conv2d({ x: input as tf.Tensor4D, filter, strides: stride, pad, bias }),
    gradFunc: (dy: tf.Tensor) =>
      tf.conv2dTranspose(dy as tf.Tensor4D, filter, x.shape, stride, pad),
  }));
  return convolve(x) as tf.Tensor4D;
}
