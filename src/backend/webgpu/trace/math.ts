/**
 * tfjs's own small kernels, and SiLU, as operations of a graph: those that losses, attacks and their gradients are made of.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  binary,
  type BinaryFunction,
  select,
  unary,
  type UnaryFunction,
} from "../operations/elementwise.ts";
import { SILU, SILU_GRADIENT } from "../../operations/silu.ts";
import { matMul } from "../operations/mat_mul.ts";
import { argMax, reduce, type Reduction } from "../operations/reduce.ts";
import { sizeOf } from "../operations/shader.ts";
import { softmaxRows } from "../operations/softmax_losses.ts";
import { broadcastShape } from "../operations/strides.ts";
import { layoutKernels } from "./layout.ts";
import { operate, type TraceKernel, view } from "./operate.ts";
import type { TraceBackend } from "./trace.ts";

function unaryKernel(f: UnaryFunction, dtype?: tf.DataType): TraceKernel {
  return (backend, { x }) =>
    operate(backend, unary(f, sizeOf(x!.shape)), [x!], [x!.shape], dtype)[0]!;
}

function binaryKernel(f: BinaryFunction, dtype?: tf.DataType): TraceKernel {
  return (backend, { a, b }) => {
    const shape = broadcastShape(a!.shape, b!.shape);
    return operate(backend, binary(f, a!.shape, b!.shape), [a!, b!], [shape], dtype)[0]!;
  };
}

function reduceKernel(reduction: Reduction): TraceKernel {
  return (backend, { x }, attributes) => {
    const { axis, reductionIndices, keepDims } = attributes as {
      axis?: number | number[];
      reductionIndices?: number | number[]; // the same thing, as Max calls it
      keepDims?: boolean;
    };
    const shape = x!.shape;
    const given = axis ?? reductionIndices ?? shape.map((_, d) => d);
    const axes = tf.util.parseAxisParam(given, shape);
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

const constant = (value: number): TraceKernel => (backend, { x }) => {
  const data = new Float32Array(sizeOf(x!.shape)).fill(value);
  return backend.info(backend.graph.constant(data), x!.shape);
};

/** A number that other values broadcast to. */
const number = (backend: TraceBackend, value: number) =>
  backend.info(backend.graph.constant(Float32Array.of(value)), []);

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

/** `f` of two values, of which either may be a number. */
function combine(
  backend: TraceBackend,
  f: BinaryFunction,
  a: tf.TensorInfo,
  b: tf.TensorInfo | number,
): tf.TensorInfo {
  const operand = typeof b === "number" ? number(backend, b) : b;
  return binaryKernel(f)(backend, { a, b: operand }, {}) as tf.TensorInfo;
}

const clip: TraceKernel = (backend, { x }, attributes) => {
  const { clipValueMin, clipValueMax } = attributes as Record<string, number>;
  return combine(backend, "min", combine(backend, "max", x!, clipValueMin!), clipValueMax!);
};

/** One where a value is above zero, else `alpha`. */
const step: TraceKernel = (backend, { x }, attributes) => {
  const { alpha = 0 } = attributes as { alpha?: number };
  const above = combine(backend, "greater", x!, 0);
  if (alpha === 0) return above;
  return combine(backend, "add", combine(backend, "mul", above, 1 - alpha), alpha);
};

const softmax: TraceKernel = (backend, { logits }, attributes) => {
  const { shape } = logits!;
  const [axis] = tf.util.parseAxisParam((attributes as { dim: number }).dim, shape);
  if (axis !== shape.length - 1) {
    throw new Error(`A traced computation takes softmax along the last axis, not ${axis}.`);
  }
  const classes = shape[axis]!, rows = sizeOf(shape) / classes;
  return operate(backend, softmaxRows([rows, classes]), [logits!], [shape])[0]!;
};

const oneHot: TraceKernel = (backend, { indices }, attributes) => {
  const { depth, onValue, offValue } = attributes as Record<string, number>;
  if (onValue !== 1 || offValue !== 0) {
    throw new Error("A traced computation has one-hot rows of ones and zeros only.");
  }
  const columns = backend.graph.constant(Float32Array.from({ length: depth! }, (_, c) => c));
  const places = view(backend, indices!, [...indices!.shape, 1]);
  const inputs = { a: places, b: backend.info(columns, [depth!]) };
  return binaryKernel("equal", "int32")(backend, inputs, {});
};

/** The kernels by tfjs's names. */
export const mathKernels: Readonly<Record<string, TraceKernel>> = {
  ...layoutKernels,
  Add: binaryKernel("add"),
  Sub: binaryKernel("sub"),
  Multiply: binaryKernel("mul"),
  RealDiv: binaryKernel("div"),
  Maximum: binaryKernel("max"),
  Minimum: binaryKernel("min"),
  Pow: binaryKernel("pow"),
  SquaredDifference: binaryKernel("squaredDifference"),
  Equal: binaryKernel("equal", "bool"),
  NotEqual: binaryKernel("notEqual", "bool"),
  Greater: binaryKernel("greater", "bool"),
  GreaterEqual: binaryKernel("greaterEqual", "bool"),
  Less: binaryKernel("less", "bool"),
  LessEqual: binaryKernel("lessEqual", "bool"),
  LogicalAnd: binaryKernel("and", "bool"),
  LogicalOr: binaryKernel("or", "bool"),
  LogicalNot: unaryKernel("not", "bool"),
  Neg: unaryKernel("neg"),
  Abs: unaryKernel("abs"),
  Sqrt: unaryKernel("sqrt"),
  Square: unaryKernel("square"),
  Reciprocal: unaryKernel("reciprocal"),
  Exp: unaryKernel("exp"),
  Log: unaryKernel("log"),
  Relu: unaryKernel("relu"),
  Sigmoid: unaryKernel("sigmoid"),
  Softplus: unaryKernel("softplus"),
  Tanh: unaryKernel("tanh"),
  [SILU]: unaryKernel("silu"),
  [SILU_GRADIENT]: (backend, { x, dy }) =>
    binaryKernel("siluGradient")(backend, { a: x!, b: dy! }, {}),
  Step: step,
  Softmax: softmax,
  Sum: reduceKernel("sum"),
  Mean: reduceKernel("mean"),
  Max: reduceKernel("max"),
  Min: reduceKernel("min"),
  BatchMatMul: matrixProduct,
  ZerosLike: constant(0),
  OnesLike: constant(1),
  OneHot: oneHot,
  Select: choose,
  ArgMax: largest,
  ClipByValue: clip,
};
