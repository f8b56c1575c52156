/**
 * Values moved and not changed: joined, cut, repeated.
 *
 * @module
 */
import { input, type Kernel, type Lowered, output, single } from "../program/kernel.ts";
import { reads, sizeOf, threadKernel, writes } from "./shader.ts";
import { denseStrides, indexAt } from "./strides.ts";

/** The input, `repetitions[d]` copies of it one after another along every dimension `d`. */
export function tile(shape: readonly number[], repetitions: readonly number[]): Lowered {
  const strides = denseStrides(shape);
  const repeated = shape.flatMap((size, d) => [repetitions[d]!, size]);
  const at = indexAt(repeated, shape.flatMap((_, d) => [0, strides[d]!]), "i");
  const kernel = threadKernel({
    name: `tile [${shape}] by [${repetitions}]`,
    bindings: [...reads("f32", "source"), ...writes("f32", "result")],
    count: sizeOf(repeated),
    body: `result[i] = source[${at}];`,
    flops: 0,
    bytesRead: 4,
    bytesWritten: 4,
  });
  return single(kernel, 1, 1);
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
