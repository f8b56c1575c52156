/**
 * Sums, means and extremes along axes, and where the largest value of a row stands.
 *
 * @module
 */
import { powerOfTwoFrom } from "../../../elementary/power_of_two.ts";
import { type Lowered, single } from "../program/kernel.ts";
import { reads, sizeOf, threadKernel, workgroupKernel, writes } from "./shader.ts";
import { denseStrides, indexAt } from "./strides.ts";

/** A function of many values. */
export type Reduction = "sum" | "mean" | "max" | "min";

const MOST_THREADS = 256;

/** WGSL of two values as one. */
const joined = (reduction: Reduction, a: string, b: string) =>
  reduction === "max" || reduction === "min" ? `${a} = ${reduction}(${a}, ${b});` : `${a} += ${b};`;

/** The input of `shape` reduced along `axes`, which disappear from its shape. The order of the sums is fixed. */
export function reduce(
  reduction: Reduction,
  shape: readonly number[],
  axes: readonly number[],
): Lowered {
  const strides = denseStrides(shape);
  const dimensions = shape.map((size, d) => ({
    size,
    stride: strides[d]!,
    gone: axes.includes(d),
  }));
  const index = (gone: boolean, i: string) => {
    const some = dimensions.filter((dimension) => dimension.gone === gone);
    return indexAt(some.map(({ size }) => size), some.map(({ stride }) => stride), i);
  };
  const count = sizeOf(axes.map((d) => shape[d]!)), results = sizeOf(shape) / count;
  const threads = Math.min(MOST_THREADS, powerOfTwoFrom(count));
  const kernel = workgroupKernel({
    name: `${reduction} [${shape}] along [${axes}]`,
    bindings: [...reads("f32", "source"), ...writes("f32", "result")],
    workgroups: results,
    threads,
    declarations: `var<workgroup> shared_values: array<f32, ${threads}>;`,
    body: `let base = ${index(false, "workgroup")};
var value = ${
      reduction === "max" || reduction === "min" ? `source[base + ${index(true, "0u")}]` : "0.0"
    };
for (var i = lane; i < ${count}u; i += ${threads}u) {
  ${joined(reduction, "value", `source[base + ${index(true, "i")}]`)}
}
shared_values[lane] = value;
workgroupBarrier();
for (var half = ${threads >> 1}u; half > 0u; half /= 2u) {
  if (lane < half) { ${joined(reduction, "shared_values[lane]", "shared_values[lane + half]")} }
  workgroupBarrier();
}
if (lane == 0u) {
  result[workgroup] = shared_values[0]${reduction === "mean" ? ` / ${count}.0` : ""};
}`,
    cost: {
      flops: sizeOf(shape),
      bytesRead: 4 * sizeOf(shape),
      bytesWritten: 4 * results,
      workgroupMemory: 4 * threads,
    },
  });
  return single(kernel, 1, 1);
}

/** The first column where each row of the input `[N,C]` has its largest value, as a float32 number; output `[N]`. */
export function argMax([rows, columns]: readonly [number, number]): Lowered {
  const kernel = threadKernel({
    name: `argMax [${rows},${columns}]`,
    bindings: [...reads("f32", "source"), ...writes("f32", "result")],
    count: rows,
    body: `let base = i * ${columns}u;
var best = 0u;
for (var c = 1u; c < ${columns}u; c++) {
  if (source[base + c] > source[base + best]) { best = c; }
}
result[i] = f32(best);`,
    flops: columns,
    bytesRead: 4 * columns,
    bytesWritten: 4,
  });
  return single(kernel, 1, 1);
}
