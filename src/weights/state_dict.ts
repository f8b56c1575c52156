/**
 * A model as PyTorch's state dict and back: every tensor is accounted for, and nothing that cannot be computed with is
 * taken to the device.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { SafeTensor } from "../format/safetensors.ts";
import type { Architecture } from "../model/architecture.ts";
import { inferArchitecture } from "../model/architectures/architectures.ts";
import {
  fromPyTorch,
  type ModelState,
  parameterShapes,
  type TensorMap,
} from "../model/parameters.ts";
import {
  checkedValues,
  counterNames,
  networkShapes,
  refuseForeignTensors,
  refuseMissing,
  shapesOf,
} from "./account.ts";

/** Tensors by name, in PyTorch's layouts. */
export type StateDict = ReadonlyMap<string, SafeTensor>;

/** The values of `tensor` in PyTorch's layout. */
async function toPyTorch(tensor: tf.Tensor): Promise<SafeTensor> {
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
  // Side by side: Deno waits 10 ms for each.
  const reads = [...tensors].map(async ([name, tensor]) =>
    [prefix + name, await toPyTorch(tensor)] as const
  );
  return new Map(await Promise.all(reads));
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
 * @throws {UsageError} if one is missing, is not float32, has another shape, or holds a value that is not finite or a
 *   negative running variance; `source` is the file that is named
 */
export function importTensors(
  dict: StateDict,
  shapes: ReadonlyMap<string, number[]>,
  source: string,
  prefix = "",
): TensorMap {
  refuseMissing(dict, [...shapes.keys()].map((name) => prefix + name), source);
  // Everything is checked before the first tensor is made: an error leaves nothing on the device.
  const found = [...shapes].map(([name, shape]) => {
    const data = checkedValues(prefix + name, dict.get(prefix + name)!, shape, source);
    return { name, shape, data };
  });
  return new Map(found.map(({ name, shape, data }) => [name, fromPyTorch(data, shape)]));
}

/**
 * A model from a state dict; the inverse of {@linkcode exportState}. What is called `optimizer.…` is the optimiser's, and
 * not looked at.
 *
 * @throws {UsageError} as {@linkcode importTensors} does, and if there are tensors that `architecture` does not have
 */
export function importState(
  dict: StateDict,
  architecture: Architecture,
  source: string,
): ModelState {
  const shapes = parameterShapes(architecture), needed = networkShapes(architecture);
  const counters = counterNames(architecture);
  refuseForeignTensors(dict, [...needed.keys()], counters, architecture, source);
  const all = importTensors(dict, needed, source);
  const counter = dict.get(counters[0]!);
  return {
    parameters: new Map([...all].filter(([name]) => shapes.has(name))),
    buffers: new Map([...all].filter(([name]) => !shapes.has(name))),
    batchesTracked: Number(counter?.data[0] ?? 0),
  };
}

/**
 * The model whose state dict is `dict`, of whichever architecture that is.
 *
 * @param source the file that holds it, for error messages
 * @throws {UsageError} if it is of no architecture that this program knows, and as {@linkcode importState} does
 */
export function importModel(
  dict: StateDict,
  source: string,
): { architecture: Architecture; state: ModelState } {
  const architecture = inferArchitecture(shapesOf(dict), source);
  return { architecture, state: importState(dict, architecture, source) };
}
