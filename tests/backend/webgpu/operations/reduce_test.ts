import assert from "node:assert/strict";
import {
  argMax,
  reduce,
  type Reduction,
} from "../../../../src/backend/webgpu/operations/reduce.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { assertWithin, normals, onBench, textOf } from "./support.ts";

const REDUCTIONS: Record<Reduction, (values: number[]) => number> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  mean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
};

/** Values of a tensor of `shape` in order, put together by what is left of their coordinates without `axes`. */
function reference(
  values: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
  f: (values: number[]) => number,
): number[] {
  const sets = new Map<string, number[]>();
  values.forEach((value, i) => {
    const key = shape.map((size, d) =>
      axes.includes(d) ? 0 : Math.floor(i / shape.slice(d + 1).reduce((a, b) => a * b, 1)) % size
    ).join();
    sets.set(key, [...sets.get(key) ?? [], value]);
  });
  return [...sets.values()].map(f);
}

onBench("reduce() agrees with float64 along any axes", async (bench) => {
  const cases: [Reduction, number[], number[]][] = [
    ["sum", [37, 10], [1]],
    ["mean", [1003], [0]],
    ["sum", [3, 4, 5, 6], [1, 3]],
    ["mean", [3, 5], [0]],
    ["sum", [2, 7, 9, 6], [1, 2, 3]],
    ["sum", [4, 1], [1]],
    ["max", [37, 10], [1]],
    ["max", [3, 4, 5, 6], [0, 2]],
    ["min", [1003], [0]],
  ];
  for (const [reduction, shape, axes] of cases) {
    const values = normals(shape.reduce((a, b) => a * b, 1), 1).map((value) => value - 3);
    const expected = reference(values, shape, axes, REDUCTIONS[reduction]);
    const lowered = reduce(reduction, shape, axes);
    const [actual] = await bench.run(lowered, [values], [expected.length]);
    assertWithin(actual!, expected, `${reduction} of [${shape}] along [${axes}]`);
  }
});

onBench("argMax() is the first column of the largest value", async (bench) => {
  const values = Float32Array.of(1, 3, 2, -1, -2, -1, 0, 0, 5);
  assert.deepEqual(await bench.run(argMax([3, 3]), [values], [3]), [Float32Array.of(1, 0, 2)]);
});

Deno.test("reduce() and argMax() write this WGSL", async () => {
  await assertSnapshot(import.meta.url, "reduce.wgsl", textOf(reduce("mean", [4, 300, 2], [1])));
  await assertSnapshot(import.meta.url, "reduce_max.wgsl", textOf(reduce("max", [4, 10], [1])));
  await assertSnapshot(import.meta.url, "arg_max.wgsl", textOf(argMax([5, 10])));
});
