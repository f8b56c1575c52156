import assert from "node:assert/strict";
import { concat, split, tile } from "../../../../src/backend/webgpu/operations/layout.ts";
import { assertSnapshot } from "../../../testing/snapshot.ts";
import { normals, onBench, textOf } from "./support.ts";

onBench("tile() puts copies one after another", async (bench) => {
  const values = normals(6, 3);
  const [actual] = await bench.run(tile([2, 1, 3], [2, 2, 3]), [values], [72]);
  const expected = Float32Array.from({ length: 72 }, (_, i) => {
    const row = Math.floor(i / 18) % 2, column = i % 9 % 3; // of [4,2,9]
    return values[3 * row + column]!;
  });
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
    tile: tile([2, 3], [1, 2]),
    concat: concat([[2, 6], [1, 6]]),
    split: split([4, 4], [1, 3]),
  };
  for (const [name, lowered] of Object.entries(texts)) {
    await assertSnapshot(import.meta.url, `${name}.wgsl`, textOf(lowered));
  }
});
