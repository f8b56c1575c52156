import assert from "node:assert/strict";
import {
  broadcastTo,
  concat,
  slice,
  split,
  tile,
  transpose,
} from "../../../../src/backend/webgpu/operations/layout.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { normals, onBench, textOf } from "./support.ts";

/** The values at the coordinates that `from` gives for every coordinate of `shape`, of a tensor of `source`. */
function gather(
  values: Float32Array,
  source: readonly number[],
  shape: readonly number[],
  from: (coordinates: number[]) => number[],
): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: size }, (_, i) => {
    const coordinates = shape.map((_, d) =>
      Math.floor(i / shape.slice(d + 1).reduce((a, b) => a * b, 1)) % shape[d]!
    );
    return values[from(coordinates).reduce((at, c, d) => at * source[d]! + c, 0)]!;
  });
}

const SHAPE = [2, 3, 4, 5], VALUES = normals(120, 1);

onBench("transpose() permutes the dimensions", async (bench) => {
  for (const permutation of [[3, 1, 0, 2], [1, 0, 2, 3]]) {
    const shape = permutation.map((d) => SHAPE[d]!);
    const [actual] = await bench.run(transpose(SHAPE, permutation), [VALUES], [120]);
    const expected = gather(VALUES, SHAPE, shape, (at) => {
      const from = [0, 0, 0, 0];
      permutation.forEach((d, i) => from[d] = at[i]!);
      return from;
    });
    assert.deepEqual(actual, expected);
  }
});

onBench("broadcastTo() repeats what is missing or one", async (bench) => {
  const values = normals(6, 2);
  const [actual] = await bench.run(broadcastTo([3, 1, 2], [2, 3, 4, 2]), [values], [48]);
  assert.deepEqual(actual, gather(values, [3, 2], [2, 3, 4, 2], ([, i, , j]) => [i!, j!]));
  const [scalar] = await bench.run(broadcastTo([], [5]), [Float32Array.of(3)], [5]);
  assert.deepEqual(scalar, new Float32Array(5).fill(3));
});

onBench("tile() puts copies one after another", async (bench) => {
  const values = normals(6, 3);
  const [actual] = await bench.run(tile([2, 1, 3], [2, 2, 3]), [values], [72]);
  assert.deepEqual(actual, gather(values, [2, 3], [4, 2, 9], ([i, , k]) => [i! % 2, k! % 3]));
});

onBench("slice() cuts a part out", async (bench) => {
  const [begin, size] = [[1, 0, 2, 1], [1, 3, 2, 3]];
  const [actual] = await bench.run(slice(SHAPE, begin, size), [VALUES], [18]);
  const expected = gather(VALUES, SHAPE, size, (at) => at.map((c, d) => c + begin[d]!));
  assert.deepEqual(actual, expected);
});

onBench("concat() and split() are each other's inverse", async (bench) => {
  for (const [sizes, row] of [[[3, 1, 2], [2, 3]], [[1, 2], [2, 2]]] as const) {
    const width = row[0] * row[1], rows = sizes.reduce((a, b) => a + b, 0);
    const parts = sizes.map((size, i) => normals(size * width, i));
    const whole = Float32Array.from(parts.flatMap((part) => [...part]));
    const joined = concat(sizes.map((size) => [size, ...row]));
    assert.deepEqual(await bench.run(joined, parts, [rows * width]), [whole]);
    const cut = split([rows, ...row], sizes);
    assert.deepEqual(await bench.run(cut, [whole], sizes.map((size) => size * width)), parts);
  }
});

Deno.test("the operations that move values write this WGSL", async () => {
  const texts = {
    transpose: transpose([2, 3, 4], [2, 0, 1]),
    tile: tile([2, 3], [1, 2]),
    slice: slice([4, 5], [1, 2], [2, 2]),
    concat: concat([[2, 6], [1, 6]]),
    split: split([4, 4], [1, 3]),
  };
  for (const [name, lowered] of Object.entries(texts)) {
    await assertSnapshot(import.meta.url, `${name}.wgsl`, textOf(lowered));
  }
});
