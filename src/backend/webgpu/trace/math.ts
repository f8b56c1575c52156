/**
 * tfjs's own small kernels as operations of a graph: those that losses, attacks and their gradients are made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Lowered } from "../program/kernel.ts";
import {
  binary,
  type BinaryFunction,
  select,
  unary,
  type UnaryFunction,
} from "../operations/elementwise.ts";
import { concat, split, tile } from "../operations/layout.ts";
import { matMul } from "../operations/mat_mul.ts";
import { argMax, reduce, type Reduction } from "../operations/reduce.ts";
import { broadcastShape } from "../operations/strides.ts";
import type { TraceBackend } from "./trace.ts";

/** Inputs of a kernel by tfjs's names. */
export type Inputs = Record<string, tf.TensorInfo>;

/** Turns a kernel of tfjs's into operations of the backend's graph. */
export type TraceKernel = (
  backend: TraceBackend,
  inputs: Inputs,
  attributes: tf.NamedAttrMap,
) => tf.TensorInfo | tf.TensorInfo[];

const sizeOf = (shape: readonly number[]) => tf.util.sizeFromShape([...shape]);

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
function view(backend: TraceBackend, x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  return backend.info(backend.value(x), shape, x.dtype);
}

function unaryKernel(f: UnaryFunction): TraceKernel {
  return (backend, { x }) => operate(backend, unary(f, sizeOf(x!.shape)), [x!], [x!.shape])[0]!;
}

function binaryKernel(f: BinaryFunction, dtype?: tf.DataType): TraceKernel {
  return (backend, { a, b }) => {
    const shape = broadcastShape(a!.shape, b!.shape);
    return operate(backend, binary(f, a!.shape, b!.shape), [a!, b!], [shape], dtype)[0]!;
  };
}

function reduceKernel(reduction: Reduction): TraceKernel {
  return (backend, { x }, attributes) => {
    const { axis, keepDims } = attributes as { axis?: number | number[]; keepDims?: boolean };
    const shape = x!.shape;
    const axes = tf.util.parseAxisParam(axis ?? shape.map((_, d) => d), shape);
    const result = shape.flatMap((size, d) => axes.includes(d) ? keepDims ? [1] : [] : [size]);
    if (axes.length === 0) return view(backend, x!, result);
    return operate(backend, reduce(reduction, shape, axes), [x!], [result])[0]!;
  };
}

const matrixProduct: TraceKernel = (backend, { a, b }, attributes) => {
  const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
  const rows = a!.shape.at(transposeA ? -1 : -2)!, columns = b!.shape.at(transposeB ? -2 : -1)!;
  const batch = a!.shape.slice(0, -2), shape = [...batch, rows, columns];
  if (sizeOf(batch) !== 1 || sizeOf(b!.shape.slice(0, -2)) !== 1) {
    throw new Error(
      `A traced computation multiplies single matrices, not [${a!.shape}] by [${b!.shape}].`,
    );
  }
  const product = matMul(a!.shape, b!.shape, transposeA, transposeB);
  return operate(backend, product, [a!, b!], [shape])[0]!;
};

const reshape: TraceKernel = (backend, { x }, attributes) => {
  const { shape } = attributes as { shape: number[] };
  return view(backend, x!, tf.util.inferFromImplicitShape(shape, sizeOf(x!.shape)));
};

/** Truth values and integers are float32 numbers already. */
const cast: TraceKernel = (backend, { x }, attributes) => {
  const { dtype } = attributes as { dtype: tf.DataType };
  if (x!.dtype === "float32" && dtype !== "float32") {
    throw new Error(`A traced computation has no way to make ${dtype} of float32.`);
  }
  return backend.info(backend.value(x!), x!.shape, dtype);
};

const identity: TraceKernel = (backend, { x }) => view(backend, x!, x!.shape);

const zeros: TraceKernel = (backend, { x }) =>
  backend.info(backend.graph.constant(new Float32Array(sizeOf(x!.shape))), x!.shape);

/** Along the first dimension, which is the only one that anything here joins or cuts. */
function refuseOtherAxes(given: number, { shape }: tf.TensorInfo): void {
  const [axis] = tf.util.parseAxisParam(given, shape);
  if (axis === 0) return;
  throw new Error(`A traced computation joins and cuts along axis 0, not ${axis}.`);
}

const concatenate: TraceKernel = (backend, inputs, attributes) => {
  const parts = Object.values(inputs), { dtype } = parts[0]!;
  refuseOtherAxes((attributes as { axis: number }).axis, parts[0]!);
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const shapes = parts.map(({ shape }) => shape);
  return operate(backend, concat(shapes), parts, [[rows, ...shapes[0]!.slice(1)]], dtype)[0]!;
};

const splitUp: TraceKernel = (backend, { x }, attributes) => {
  const { axis, numOrSizeSplits } = attributes as {
    axis: number;
    numOrSizeSplits: number | number[];
  };
  refuseOtherAxes(axis, x!);
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits);
  const shapes = sizes.map((size) => [size, ...x!.shape.slice(1)]);
  return operate(backend, split(x!.shape, sizes), [x!], shapes, x!.dtype);
};

const tiled: TraceKernel = (backend, { x }, attributes) => {
  const { reps } = attributes as { reps: number[] };
  const shape = x!.shape.map((size, d) => size * reps[d]!);
  return operate(backend, tile(x!.shape, reps), [x!], [shape], x!.dtype)[0]!;
};

const choose: TraceKernel = (backend, { condition, t, e }) =>
  operate(backend, select(sizeOf(t!.shape)), [condition!, t!, e!], [t!.shape], t!.dtype)[0]!;

const largest: TraceKernel = (backend, { x }, attributes) => {
  const [axis] = tf.util.parseAxisParam((attributes as { axis: number }).axis, x!.shape);
  const [rows, columns] = x!.shape as [number, number];
  if (x!.shape.length !== 2 || axis !== 1) {
    throw new Error("A traced computation takes argMax along the rows of a matrix only.");
  }
  return operate(backend, argMax([rows, columns]), [x!], [[rows]], "int32")[0]!;
};

const clip: TraceKernel = (backend, { x }, attributes) => {
  const { clipValueMin, clipValueMax } = attributes as Record<string, number>;
  const bound = (value: number) => backend.info(backend.graph.constant(Float32Array.of(value)), []);
  const raised = binaryKernel("max")(backend, { a: x!, b: bound(clipValueMin!) }, {});
  return binaryKernel("min")(backend, { a: raised as tf.TensorInfo, b: bound(clipValueMax!) }, {});
};

/** The kernels by tfjs's names. */
export const mathKernels: Readonly<Record<string, TraceKernel>> = {
  Add: binaryKernel("add"),
  Sub: binaryKernel("sub"),
  Multiply: binaryKernel("mul"),
  RealDiv: binaryKernel("div"),
  Maximum: binaryKernel("max"),
  Greater: binaryKernel("greater", "bool"),
  NotEqual: binaryKernel("notEqual", "bool"),
  Neg: unaryKernel("neg"),
  Sqrt: unaryKernel("sqrt"),
  Square: unaryKernel("square"),
  Sum: reduceKernel("sum"),
  Mean: reduceKernel("mean"),
  BatchMatMul: matrixProduct,
  Reshape: reshape,
  Cast: cast,
  Identity: identity,
  ZerosLike: zeros,
  Concat: concatenate,
  SplitV: splitUp,
  Tile: tiled,
  Select: choose,
  ArgMax: largest,
  ClipByValue: clip,
};
