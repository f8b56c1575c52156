/**
 * tfjs's own small kernels as operations of a graph: those that losses, attacks and their gradients are made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Lowered } from "./kernel.ts";
import {
  binary,
  type BinaryFunction,
  select,
  unary,
  type UnaryFunction,
} from "./operations/elementwise.ts";
import { broadcastTo, concat, slice, split, tile, transpose } from "./operations/layout.ts";
import { matMul } from "./operations/mat_mul.ts";
import { argMax, reduce, type Reduction } from "./operations/reduce.ts";
import { broadcastShape } from "./operations/strides.ts";
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

/** Tensors of `shapes` that `lowered` makes of `inputs`. */
export function operate(
  backend: TraceBackend,
  lowered: Lowered,
  inputs: readonly tf.TensorInfo[],
  shapes: readonly (readonly number[])[],
): tf.TensorInfo[] {
  const values = inputs.map((tensor) => backend.value(tensor));
  const results = backend.graph.operate(lowered, values, shapes.map(sizeOf));
  return results.map((value, i) => backend.info(value, shapes[i]!));
}

/** The same value in another shape. */
function view(backend: TraceBackend, x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo {
  return backend.info(backend.value(x), shape, x.dtype);
}

function unaryKernel(f: UnaryFunction): TraceKernel {
  return (backend, { x }) => operate(backend, unary(f, sizeOf(x!.shape)), [x!], [x!.shape])[0]!;
}

function binaryKernel(f: BinaryFunction): TraceKernel {
  return (backend, { a, b }) => {
    const shape = broadcastShape(a!.shape, b!.shape);
    return operate(backend, binary(f, a!.shape, b!.shape), [a!, b!], [shape])[0]!;
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
  const shape = [...a!.shape.slice(0, -2), rows, columns];
  const product = matMul(a!.shape, b!.shape, transposeA, transposeB);
  return operate(backend, product, [a!, b!], [shape])[0]!;
};

const reshape: TraceKernel = (backend, { x }, attributes) => {
  const { shape } = attributes as { shape: number[] };
  return view(backend, x!, tf.util.inferFromImplicitShape(shape, sizeOf(x!.shape)));
};

const expandDims: TraceKernel = (backend, { input }, attributes) => {
  const { dim } = attributes as { dim: number };
  const shape = [...input!.shape];
  shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1);
  return view(backend, input!, shape);
};

/** Truth values are the numbers 0 and 1 already. */
const cast: TraceKernel = (backend, { x }, attributes) =>
  backend.info(backend.value(x!), x!.shape, (attributes as { dtype: tf.DataType }).dtype);

const identity: TraceKernel = (backend, { x }) => view(backend, x!, x!.shape);

function filled(value: number | undefined): TraceKernel {
  return (backend, { x }, attributes) => {
    const shape = x?.shape ?? (attributes as { shape: number[] }).shape;
    const constant = value ?? (attributes as { value: number }).value;
    return backend.info(
      backend.graph.constant(new Float32Array(sizeOf(shape)).fill(constant)),
      shape,
    );
  };
}

/** Along the first dimension, which is the only one that anything here joins or cuts. */
function refuseOtherAxes(axis: number): void {
  if (axis !== 0) throw new Error(`A traced computation joins along axis 0, not ${axis}.`);
}

const concatenate: TraceKernel = (backend, inputs, attributes) => {
  refuseOtherAxes((attributes as { axis: number }).axis);
  const parts = Object.values(inputs);
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const shapes = parts.map(({ shape }) => shape);
  return operate(backend, concat(shapes), parts, [[rows, ...shapes[0]!.slice(1)]])[0]!;
};

const splitUp: TraceKernel = (backend, { x }, attributes) => {
  const { axis, numOrSizeSplits } = attributes as {
    axis: number;
    numOrSizeSplits: number | number[];
  };
  refuseOtherAxes(axis);
  const rows = x!.shape[0]!;
  const sizes = typeof numOrSizeSplits === "number"
    ? Array<number>(numOrSizeSplits).fill(rows / numOrSizeSplits)
    : numOrSizeSplits;
  const shapes = sizes.map((size) => [size, ...x!.shape.slice(1)]);
  return operate(backend, split(x!.shape, sizes), [x!], shapes);
};

const cutOut: TraceKernel = (backend, { x }, attributes) => {
  const { begin, size } = attributes as { begin: number[]; size: number[] };
  const shape = size.map((count, d) => count < 0 ? x!.shape[d]! - begin[d]! : count);
  return operate(backend, slice(x!.shape, begin, shape), [x!], [shape])[0]!;
};

const transposed: TraceKernel = (backend, { x }, attributes) => {
  const { perm } = attributes as { perm: number[] };
  const shape = perm.map((d) => x!.shape[d]!);
  return operate(backend, transpose(x!.shape, perm), [x!], [shape])[0]!;
};

const tiled: TraceKernel = (backend, { x }, attributes) => {
  const { reps } = attributes as { reps: number[] };
  const shape = x!.shape.map((size, d) => size * reps[d]!);
  return operate(backend, tile(x!.shape, reps), [x!], [shape])[0]!;
};

const broadcast: TraceKernel = (backend, { x }, attributes) => {
  const { shape } = attributes as { shape: number[] };
  return operate(backend, broadcastTo(x!.shape, shape), [x!], [shape])[0]!;
};

const choose: TraceKernel = (backend, { condition, t, e }) =>
  operate(backend, select(sizeOf(t!.shape)), [condition!, t!, e!], [t!.shape])[0]!;

const largest: TraceKernel = (backend, { x }, attributes) => {
  const { axis } = attributes as { axis: number };
  const [rows, columns] = x!.shape as [number, number];
  if (x!.shape.length !== 2 || axis !== 1) {
    throw new Error("A traced computation takes argMax along the rows of a matrix only.");
  }
  return operate(backend, argMax([rows, columns]), [x!], [[rows]])[0]!;
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
  Minimum: binaryKernel("min"),
  Greater: binaryKernel("greater"),
  Less: binaryKernel("less"),
  NotEqual: binaryKernel("notEqual"),
  Neg: unaryKernel("neg"),
  Exp: unaryKernel("exp"),
  Log: unaryKernel("log"),
  Sqrt: unaryKernel("sqrt"),
  Rsqrt: unaryKernel("rsqrt"),
  Square: unaryKernel("square"),
  Relu: unaryKernel("relu"),
  Step: unaryKernel("step"),
  Sum: reduceKernel("sum"),
  Mean: reduceKernel("mean"),
  Max: reduceKernel("max"),
  BatchMatMul: matrixProduct,
  Reshape: reshape,
  ExpandDims: expandDims,
  Cast: cast,
  Identity: identity,
  Fill: filled(undefined),
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Concat: concatenate,
  SplitV: splitUp,
  Slice: cutOut,
  Transpose: transposed,
  Tile: tiled,
  BroadcastTo: broadcast,
  Select: choose,
  ArgMax: largest,
  ClipByValue: clip,
};
