/**
 * A tfjs backend that computes nothing: every kernel that tfjs runs on it becomes an operation of a graph. tfjs keeps
 * graph and autodiff; one pass through it is all that a program needs of it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { RunError } from "../../../errors.ts";
import { missingKernel } from "../../operations/missing_kernel.ts";
import { Graph, type Value } from "./graph.ts";

/** tfjs's name of the backend. */
export const TRACE_BACKEND = "memloss-webgpu-trace";

/** Tensors without numbers; each stands for a value of the graph. */
export class TraceBackend extends tf.KernelBackend {
  /** What is being traced. */
  graph: Graph = new Graph();
  readonly #values = new WeakMap<object, Value>();
  #count = 0;

  /** The value that `tensor` stands for. */
  value(tensor: tf.TensorInfo): Value {
    const value = this.#values.get(tensor.dataId);
    if (value !== undefined) return value;
    throw new Error(
      "A traced computation takes its inputs and what lives in its device state, no other tensors.",
    );
  }

  /** A tensor of `shape` that stands for `value`. */
  info(value: Value, shape: readonly number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    const dataId = {};
    this.#values.set(dataId, value);
    this.#count++;
    return { dataId, shape: [...shape], dtype };
  }

  /** As {@linkcode info}, as a tensor that tfjs tracks. */
  tensor(value: Value, shape: readonly number[]): tf.Tensor {
    const { dataId } = this.info(value, shape);
    return tf.engine().makeTensorFromDataId(dataId, [...shape], "float32", this);
  }

  override write(values: tf.BackendValues): object {
    const data = Float32Array.from(values as Float32Array);
    const dataId = {};
    this.#values.set(dataId, this.graph.constant(data));
    this.#count++;
    return dataId;
  }

  override read(): never {
    throw new Error("A traced computation cannot read values: it has none yet.");
  }

  override readSync(): never {
    return this.read();
  }

  override disposeData(): boolean {
    this.#count--;
    return true;
  }

  override numDataIds(): number {
    return this.#count;
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {}

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {}
}

/** The backend, registered with tfjs on first use. */
export function traceBackend(): TraceBackend {
  if (!tf.findBackendFactory(TRACE_BACKEND)) {
    tf.registerBackend(TRACE_BACKEND, () => new TraceBackend(), 0);
  }
  return tf.findBackend(TRACE_BACKEND) as TraceBackend;
}

/**
 * Runs `body` with the trace as tfjs's backend and `graph` to be filled. Not to be nested.
 *
 * @throws {RunError} naming the operation, if one has no kernel here
 */
export function tracing(graph: Graph, body: (backend: TraceBackend) => void): void {
  const before = tf.getBackend();
  const backend = traceBackend();
  backend.graph = graph;
  void tf.setBackend(TRACE_BACKEND); // takes effect at once: nothing about this backend is asynchronous
  try {
    tf.tidy(() => body(backend));
  } catch (error) {
    const missing = missingKernel(error);
    if (missing === undefined) throw error;
    throw new RunError(
      `The WebGPU engine has no kernel for ${missing.operation}: write the computation without it, or compute it on wasm.`,
      { cause: error },
    );
  } finally {
    void tf.setBackend(before);
  }
}
