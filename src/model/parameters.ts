/**
 * A model's tensors: which there are, how they start, and how they cross between PyTorch's layouts (every file) and
 * tfjs's (the device).
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";
import type { SafeTensor } from "../format/safetensors.ts";
import { Purpose, Stream } from "../random/stream.ts";
import { type Architecture, convNorms } from "./architecture.ts";

/** Tensors by state-dict name, convolutions HWIO, the linear weight `[in,out]`. */
export type TensorMap = Map<string, tf.Tensor>;

/** What a model consists of: what the optimiser updates, and what forward passes update. */
export interface ModelState {
  /** Convolution, linear and batch-norm parameters. */
  readonly parameters: TensorMap;
  /** `running_mean` and `running_var`. */
  readonly buffers: TensorMap;
  /** Batches normalised by their own statistics so far: every batch norm's `num_batches_tracked`. */
  batchesTracked: number;
}

/** Name and PyTorch shape of every parameter, in state-dict order. */
export function parameterShapes(architecture: Architecture): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const { conv, norm, kernel, inChannels, outChannels } of convNorms(architecture)) {
    shapes.set(`${conv}.weight`, [outChannels, inChannels, kernel, kernel]);
    shapes.set(`${norm}.weight`, [outChannels]);
    shapes.set(`${norm}.bias`, [outChannels]);
  }
  shapes.set("linear.weight", [architecture.classes, architecture.features]);
  shapes.set("linear.bias", [architecture.classes]);
  return shapes;
}

/** Name and shape of every running statistic. */
function bufferShapes(architecture: Architecture): Map<string, number[]> {
  return new Map(
    convNorms(architecture).flatMap(({ norm, outChannels }) => [
      [`${norm}.running_mean`, [outChannels]],
      [`${norm}.running_var`, [outChannels]],
    ]),
  );
}

/**
 * A fresh model as PyTorch initialises it: convolution and linear weights uniform in ±1/√fan_in, the linear bias
 * likewise, batch norm γ=1 β=0, running mean 0 and variance 1. The same seed gives the same values on every backend.
 */
export function initialise(architecture: Architecture, seed: number): ModelState {
  const parameters: TensorMap = new Map();
  let layer = 0;
  let fanIn = 1;
  for (const [name, shape] of parameterShapes(architecture)) {
    const isLinear = name.startsWith("linear.");
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
    buffers.set(name, tf.fill(shape, name.endsWith(".running_var") ? 1 : 0));
  }
  return { parameters, buffers, batchesTracked: 0 };
}

/** The tensor of `values` in PyTorch's layout (conv OIHW, linear [out,in]), in tfjs's. */
function fromPyTorch(values: Float32Array, shape: number[]): tf.Tensor {
  return tf.tidy(() => {
    const tensor = tf.tensor(values, shape, "float32");
    if (shape.length === 4) return tf.transpose(tensor, [2, 3, 1, 0]);
    if (shape.length === 2) return tf.transpose(tensor);
    return tensor;
  });
}

/** The values of `tensor` in PyTorch's layout. */
export async function toPyTorch(tensor: tf.Tensor): Promise<SafeTensor> {
  const order = tensor.rank === 4 ? [3, 2, 0, 1] : tensor.rank === 2 ? [1, 0] : undefined;
  const transposed = order ? tf.transpose(tensor, order) : tensor.clone();
  const data = new Float32Array(await transposed.data<"float32">());
  transposed.dispose();
  return { dtype: "F32", shape: transposed.shape, data };
}

/** `tensors` in PyTorch's layouts, each name behind `prefix`. */
export async function exportTensors(
  tensors: TensorMap,
  prefix = "",
): Promise<Map<string, SafeTensor>> {
  const exported = new Map<string, SafeTensor>();
  for (const [name, tensor] of tensors) exported.set(prefix + name, await toPyTorch(tensor));
  return exported;
}

/** The state dict of `state` under PyTorch's names, `num_batches_tracked` included. */
export async function exportState(state: ModelState): Promise<Map<string, SafeTensor>> {
  const dict = await exportTensors(state.parameters);
  for (const [name, tensor] of await exportTensors(state.buffers)) {
    dict.set(name, tensor);
    if (!name.endsWith(".running_var")) continue;
    const counter = name.replace(/running_var$/, "num_batches_tracked");
    dict.set(counter, {
      dtype: "I64",
      shape: [],
      data: BigInt64Array.of(BigInt(state.batchesTracked)),
    });
  }
  return dict;
}

/**
 * The tensors called `prefix + name` for every `name` of `shapes`, taken from `dict` to the device.
 *
 * @throws {UsageError} if one is missing, is not float32 or has another shape; `source` is the file that is named
 */
export function importTensors(
  dict: ReadonlyMap<string, SafeTensor>,
  shapes: ReadonlyMap<string, number[]>,
  source: string,
  prefix = "",
): TensorMap {
  // Everything is checked before the first tensor is made: an error leaves nothing on the device.
  const found = [...shapes].map(([name, shape]) => {
    const tensor = dict.get(prefix + name);
    if (tensor === undefined) {
      throw new UsageError(
        `${source} has no tensor "${prefix + name}": is it a ResNet-18 state dict?`,
      );
    }
    if (!(tensor.data instanceof Float32Array) || `${tensor.shape}` !== `${shape}`) {
      throw new UsageError(
        `${source} holds "${
          prefix + name
        }" as ${tensor.dtype} [${tensor.shape}], not as F32 [${shape}].`,
      );
    }
    return { name, shape, data: tensor.data };
  });
  return new Map(found.map(({ name, shape, data }) => [name, fromPyTorch(data, shape)]));
}

/** A model from a state dict; the inverse of {@linkcode exportState}. */
export function importState(
  dict: ReadonlyMap<string, SafeTensor>,
  architecture: Architecture,
  source: string,
): ModelState {
  const shapes = parameterShapes(architecture);
  const all = importTensors(dict, new Map([...shapes, ...bufferShapes(architecture)]), source);
  const counter = dict.get("bn1.num_batches_tracked")?.data[0] ?? 0;
  return {
    parameters: new Map([...all].filter(([name]) => shapes.has(name))),
    buffers: new Map([...all].filter(([name]) => !shapes.has(name))),
    batchesTracked: Number(counter),
  };
}

/** Width and classes of the model whose state dict is `dict`. */
export function inferConfig(
  dict: ReadonlyMap<string, SafeTensor>,
  source: string,
): { width: number; classes: number } {
  const width = dict.get("conv1.weight")?.shape[0];
  const classes = dict.get("linear.weight")?.shape[0];
  if (width === undefined || classes === undefined) {
    throw new UsageError(
      `${source} is no ResNet-18 state dict: it lacks conv1.weight or linear.weight.`,
    );
  }
  return { width, classes };
}

/** Frees the device memory of `tensors`. */
export function disposeAll(tensors: TensorMap): void {
  for (const tensor of tensors.values()) tensor.dispose();
  tensors.clear();
}
