/**
 * Arithmetic of large tensors with smaller ones that repeat, such as a value for every channel: in one pass, where
 * tfjs's own kernels work out the place of every value anew.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type EngineKernel, type KernelTable, stock } from "./registration.ts";

/** Values from which a result is worth it. */
const LEAST_VALUES = 4096;

const sizeOf = ({ shape }: tf.TensorInfo) => tf.util.sizeFromShape(shape);

/** Whether `small` is repeated as a whole, again and again, to get the shape of `large`. */
function repeats(small: tf.TensorInfo, large: tf.TensorInfo): boolean {
  const first = small.shape.findIndex((length) => length !== 1);
  const own = first < 0 ? [] : small.shape.slice(first);
  return small.shape.length <= large.shape.length &&
    tf.util.arraysEqual(own, large.shape.slice(large.shape.length - own.length));
}

/** What two values can become. */
type Operation = "Add" | "Sub" | "Multiply";

/** The kernel `name` for two float32 tensors of which one repeats; anything else is left to tfjs's kernel. */
function repeating(name: Operation): EngineKernel {
  return (engine, inputs, attributes) => {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const large = repeats(b, a) ? a : repeats(a, b) ? b : undefined;
    const ours = large && sizeOf(large) >= LEAST_VALUES && a.dtype === "float32" &&
      b.dtype === "float32";
    if (!ours) return stock(name, engine, inputs, attributes);
    engine.floats(a, b); // on the heap before the result is: what moves there may make it grow
    const result = engine.allocate(large.shape);
    combine(name, engine.floats(a, b, result));
    return result;
  };
}

function combine(name: Operation, tensors: readonly Float32Array[]): void {
  const [a, b, result] = tensors as [Float32Array, Float32Array, Float32Array];
  const period = Math.min(a.length, b.length);
  for (let start = 0; start < result.length; start += period) {
    const ofA = a.length === period ? 0 : start, ofB = b.length === period ? 0 : start;
    for (let i = 0; i < period; i++) {
      const left = a[ofA + i]!, right = b[ofB + i]!;
      // A function for it would be called, eight times as slow.
      result[start + i] = name === "Multiply"
        ? left * right
        : name === "Add"
        ? left + right
        : left - right;
    }
  }
}

/** Repeats a tensor along the axes before its own values. */
const tile: EngineKernel = (engine, inputs, attributes) => {
  const x = inputs.x!, { reps } = attributes as { reps: number[] };
  const shape = reps.map((times, axis) => times * x.shape[axis]!);
  const result = { shape, dtype: x.dtype } as tf.TensorInfo;
  const ours = x.dtype === "float32" && sizeOf(result) >= LEAST_VALUES && repeats(x, result);
  if (!ours) return stock("Tile", engine, inputs, attributes);
  engine.address(x);
  const y = engine.allocate(shape);
  const [from, to] = engine.floats(x, y) as [Float32Array, Float32Array];
  for (let start = 0; start < to.length; start += from.length) to.set(from, start);
  return y;
};

/** Sums over all axes but the last. */
const sum: EngineKernel = (engine, inputs, attributes) => {
  const x = inputs.x!, { axis, keepDims } = attributes as { axis: number[]; keepDims: boolean };
  const { shape } = x, channels = shape.at(-1) ?? 0;
  const axes = tf.util.parseAxisParam(axis, shape).sort((a, b) => a - b);
  const ours = x.dtype === "float32" && sizeOf(x) >= LEAST_VALUES && !keepDims &&
    axes.length === shape.length - 1 && axes.every((each, i) => each === i);
  if (!ours) return stock("Sum", engine, inputs, attributes);
  const [values] = engine.floats(x), sums = new Float64Array(channels);
  for (let start = 0; start < values!.length; start += channels) {
    for (let c = 0; c < channels; c++) sums[c]! += values![start + c]!;
  }
  const y = engine.allocate([channels]);
  engine.floats(y)[0]!.set(sums);
  return y;
};

/** `a + b` where one of them may repeat. */
export const addRepeating = repeating("Add");

/** Sums of every channel, and what repeats. `Add` is with the elementwise kernels. */
export const channelwiseKernels: KernelTable = {
  Sub: repeating("Sub"),
  Multiply: repeating("Multiply"),
  Tile: tile,
  Sum: sum,
};
