/**
 * Values moved and not changed: other orders of dimensions, parts, repetitions.
 *
 * @module
 */
import { input, type Kernel, type Lowered, output, single } from "../kernel.ts";
import { reads, sizeOf, threadKernel, writes } from "./shader.ts";
import { broadcastStrides, denseStrides, indexAt } from "./strides.ts";

/** Output dimension `d` is dimension `permutation[d]` of the input. */
export function transpose(shape: readonly number[], permutation: readonly number[]): Lowered {
  const strides = denseStrides(shape);
  const name = `transpose [${shape}] by [${permutation}]`;
  return gathered(name, permutation.map((d) => shape[d]!), permutation.map((d) => strides[d]!));
}

/** The input of `shape` repeated along its missing dimensions and those of size 1, so that it has the shape `to`. */
export function broadcastTo(shape: readonly number[], to: readonly number[]): Lowered {
  return gathered(`broadcast [${shape}] to [${to}]`, to, broadcastStrides(shape, to));
}

/** The input, `repetitions[d]` copies of it one after another along every dimension `d`. */
export function tile(shape: readonly number[], repetitions: readonly number[]): Lowered {
  const strides = denseStrides(shape);
  return gathered(
    `tile [${shape}] by [${repetitions}]`,
    shape.flatMap((size, d) => [repetitions[d]!, size]),
    shape.flatMap((_, d) => [0, strides[d]!]),
  );
}

/** The part of the input of `shape` that begins at `begin` and has the shape `size`. */
export function slice(
  shape: readonly number[],
  begin: readonly number[],
  size: readonly number[],
): Lowered {
  const strides = denseStrides(shape);
  const offset = begin.reduce((sum, at, d) => sum + at * strides[d]!, 0);
  return gathered(`slice [${size}] of [${shape}] at [${begin}]`, size, strides, offset);
}

/** Inputs of `shapes`, which differ in their first dimension only; the output has them one after another along it. */
export function concat(shapes: readonly (readonly number[])[]): Lowered {
  return parts(
    shapes.map(sizeOf),
    (size, offset, index) => ({
      kernel: copy(size, { from: 0, to: offset }),
      operands: [input(index), output(0)],
    }),
  );
}

/** The input of `shape` cut along its first dimension into outputs of `sizes` rows. */
export function split(shape: readonly number[], sizes: readonly number[]): Lowered {
  const row = sizeOf(shape.slice(1));
  return parts(
    sizes.map((size) => size * row),
    (size, offset, index) => ({
      kernel: copy(size, { from: offset, to: 0 }),
      operands: [input(0), output(index)],
    }),
  );
}

type Dispatch = Lowered["dispatches"][number];

/** One dispatch per part, given its size and where it begins. */
function parts(
  sizes: readonly number[],
  dispatch: (size: number, offset: number, index: number) => Dispatch,
): Lowered {
  let offset = 0;
  const dispatches = sizes.map((size, index) => {
    const begin = offset;
    offset += size;
    return dispatch(size, begin, index);
  });
  return { scratch: [], dispatches };
}

/** Copies `count` values, by fours where no four values straddle an end. */
function copy(count: number, { from, to }: { from: number; to: number }): Kernel {
  const width = [count, from, to].every((value) => value % 4 === 0) ? 4 : 1;
  const type = width === 4 ? "vec4f" : "f32";
  return threadKernel({
    name: `copy ${count} from ${from} to ${to}`,
    bindings: [...reads(type, "source"), ...writes(type, "result")],
    count: count / width,
    body: `result[i + ${to / width}u] = source[i + ${from / width}u];`,
    flops: 0,
    bytesRead: 4 * width,
    bytesWritten: 4 * width,
  });
}

/** An output of `shape` whose values are read from the input by `strides`, from `offset` on. */
function gathered(
  name: string,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): Lowered {
  const kernel = threadKernel({
    name,
    bindings: [...reads("f32", "source"), ...writes("f32", "result")],
    count: sizeOf(shape),
    body: `result[i] = source[${indexAt(shape, strides, "i", offset)}];`,
    flops: 0,
    bytesRead: 4,
    bytesWritten: 4,
  });
  return single(kernel, 1, 1);
}
