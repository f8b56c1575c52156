/**
 * tfjs's kernels that compute nothing: they give values another shape or type, join and cut them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { concat, split, tile } from "../operations/layout.ts";
import { sizeOf } from "../operations/shader.ts";
import { operate, type TraceKernel, view } from "./operate.ts";

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

const expandDims: TraceKernel = (backend, { input }, attributes) => {
  const { dim } = attributes as { dim: number }, { shape } = input!;
  return view(backend, input!, shape.toSpliced(dim < 0 ? shape.length + 1 + dim : dim, 0, 1));
};

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

/** The kernels by tfjs's names. */
export const layoutKernels: Readonly<Record<string, TraceKernel>> = {
  Reshape: reshape,
  Cast: cast,
  Identity: identity,
  ExpandDims: expandDims,
  Concat: concatenate,
  SplitV: splitUp,
  Tile: tiled,
};
