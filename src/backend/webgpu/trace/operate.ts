/**
 * What a traced kernel is: from tfjs's inputs and attributes to operations of a graph.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../operations/shader.ts";
import type { Lowered } from "../program/kernel.ts";
import type { TraceBackend } from "./trace.ts";

/** Inputs of a kernel by tfjs's names. */
export type Inputs = Record<string, tf.TensorInfo>;

/** Turns a kernel of tfjs's into operations of the backend's graph. */
export type TraceKernel = (
  backend: TraceBackend,
  inputs: Inputs,
  attributes: tf.NamedAttrMap,
) => tf.TensorInfo | tf.TensorInfo[];

/** `attributes` as the caller of the kernel has typed them. */
export function typed<T>(attributes: tf.NamedAttrMap): T {
  return attributes as unknown as T;
}

/** Tensors of `shapes` that `lowered` makes of `inputs`. Whatever tfjs is to take them for, they are float32 numbers. */
export function operate(
  backend: TraceBackend,
  lowered: Lowered,
  inputs: readonly tf.TensorInfo[],
  shapes: readonly (readonly number[])[],
  dtype: tf.DataType = "float32",
): tf.TensorInfo[] {
  const values = inputs.map((tensor) => backend.value(tensor));
  const results = backend.graph.operate(lowered, values, shapes.map(sizeOf));
  return results.map((value, i) => backend.info(value, shapes[i]!, dtype));
}

/** The same value in another shape. */
export function view(
  backend: TraceBackend,
  x: tf.TensorInfo,
  shape: readonly number[],
): tf.TensorInfo {
  return backend.info(backend.value(x), shape, x.dtype);
}
