/**
 * A model's tensors: which there are, how they start, and what PyTorch's layouts are on the device.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../backend/backend.ts";
import { Purpose, Stream } from "../random/stream.ts";
import { type Architecture, normalisationNames, normsOf } from "./architecture.ts";

/** Tensors by state-dict name, convolutions HWIO, the linear weight `[in,out]`. */
export type { TensorMap };

/** A model's tensors: what the optimiser updates, and what forward passes update. */
export interface WeightTensors {
  /** Convolution, linear and batch-norm parameters. */
  readonly parameters: TensorMap;
  /** `running_mean` and `running_var`, and the constants of a normalisation. */
  readonly buffers: TensorMap;
}

/** What a model consists of. */
export interface ModelState extends WeightTensors {
  /** Batches normalised by their own statistics so far: every batch norm's `num_batches_tracked`. */
  batchesTracked: number;
}

/** Tensors of the same values, the caller's to dispose. */
export function copyOf({ parameters, buffers }: WeightTensors): WeightTensors {
  const copied = (map: TensorMap) => new Map([...map].map(([name, t]) => [name, t.clone()]));
  return { parameters: copied(parameters), buffers: copied(buffers) };
}

/** Name and PyTorch shape of every parameter, in state-dict order. */
export function parameterShapes(architecture: Architecture): Map<string, number[]> {
  const { modules, linear, classes, features } = architecture;
  const shapes = new Map<string, number[]>();
  for (const module of modules) {
    const { kind, name } = module;
    if (kind === "convolution") {
      const { kernel, inChannels, outChannels } = module;
      shapes.set(`${name}.weight`, [outChannels, inChannels, kernel, kernel]);
    } else {
      shapes.set(`${name}.weight`, [module.channels]);
      shapes.set(`${name}.bias`, [module.channels]);
    }
  }
  shapes.set(`${linear}.weight`, [classes, features]);
  shapes.set(`${linear}.bias`, [classes]);
  return shapes;
}

/** Name and shape of every running statistic, and of what the images are normalised by. */
export function bufferShapes(architecture: Architecture): Map<string, number[]> {
  const { normalisation, channels } = architecture;
  const input = normalisation === undefined
    ? []
    : Object.values(normalisationNames(normalisation)).map((name) => [name, [channels]] as const);
  return new Map([
    ...input,
    ...normsOf(architecture).flatMap(({ name, channels }): [string, number[]][] => [
      [`${name}.running_mean`, [channels]],
      [`${name}.running_var`, [channels]],
    ]),
  ] as [string, number[]][]);
}

/**
 * A fresh model as PyTorch initialises it: convolution and linear weights uniform in ±1/√fan_in, the linear bias
 * likewise, batch norm γ=1 β=0, running mean 0 and variance 1. The same seed gives the same values on every backend.
 *
 * @example
 * ```ts
 * import { buildArchitecture, initialise, openBackend } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const { parameters } = initialise(buildArchitecture("resnet18", { width: 4, classes: 10 }), 1);
 * assert.deepEqual(parameters.get("conv1.weight")!.shape, [3, 3, 3, 4]);
 * backend.close();
 * ```
 */
export function initialise(architecture: Architecture, seed: number): ModelState {
  const parameters: TensorMap = new Map();
  let layer = 0;
  let fanIn = 1;
  for (const [name, shape] of parameterShapes(architecture)) {
    const isLinear = name.startsWith(`${architecture.linear}.`);
    if (shape.length === 1 && !isLinear) {
      parameters.set(name, tf.fill(shape, name.endsWith(".weight") ? 1 : 0));
      continue;
    }
    if (shape.length > 1) fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
    const bound = 1 / Math.sqrt(fanIn);
    const stream = new Stream(seed, Purpose.initialisation, layer++);
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, () => (2 * stream.uniform() - 1) * bound);
    parameters.set(name, fromPyTorch(values, shape));
  }
  const buffers: TensorMap = new Map();
  for (const [name, shape] of bufferShapes(architecture)) {
    buffers.set(name, tf.fill(shape, /\.(?:running_var|std)$/.test(name) ? 1 : 0));
  }
  return { parameters, buffers, batchesTracked: 0 };
}

/** The shape on the device of what has `shape` in PyTorch's layout. */
export function tensorShape(shape: readonly number[]): number[] {
  if (shape.length === 4) return [2, 3, 1, 0].map((d) => shape[d]!);
  return shape.length === 2 ? shape.toReversed() : [...shape];
}

/** The tensor of `values` in PyTorch's layout (conv OIHW, linear [out,in]), in tfjs's. */
export function fromPyTorch(values: Float32Array, shape: number[]): tf.Tensor {
  return tf.tidy(() => {
    const tensor = tf.tensor(values, shape, "float32");
    if (shape.length === 4) return tf.transpose(tensor, [2, 3, 1, 0]);
    if (shape.length === 2) return tf.transpose(tensor);
    return tensor;
  });
}

/** Frees the device memory of `tensors`. */
export function disposeAll(tensors: TensorMap): void {
  for (const tensor of tensors.values()) tensor.dispose();
  tensors.clear();
}
