import assert from "node:assert/strict";
import fc from "fast-check";
import { Purpose, Stream } from "../../../../src/random/stream.ts";
import { KernelBench } from "../../../testing/wasm/kernels.ts";
import { largestError } from "../../../testing/numbers.ts";

/** Largest error as a share of the largest output. */
const TOLERANCE = 1e-6;
const MEGABYTES = 16;

interface Case {
  readonly n: number;
  readonly rows: number;
  readonly c: number;
  readonly examplesPerSlice: number;
  readonly seed: number;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  n: fc.integer({ min: 1, max: 12 }),
  rows: fc.integer({ min: 1, max: 17 }),
  c: fc.integer({ min: 1, max: 21 }),
  examplesPerSlice: fc.integer({ min: 1, max: 12 }),
  seed: fc.nat(),
});

function normals(size: number, seed: number): Float32Array {
  const stream = new Stream(seed, Purpose.synthetic);
  return Float32Array.from({ length: size }, () => stream.normal());
}

function pool({ n, rows, c, examplesPerSlice }: Case, x: Float32Array): Float32Array {
  const bench = new KernelBench("relaxed", MEGABYTES), y = bench.array(n * c);
  const words = [bench.array(x), y, n, rows, c, examplesPerSlice];
  bench.run("globalAveragePool", words, Math.ceil(n / examplesPerSlice));
  return bench.read(y, n * c);
}

Deno.test("globalAveragePool() agrees with float64 on any shape", () => {
  fc.assert(
    fc.property(anyCase, (made) => {
      const { n, rows, c, seed } = made;
      const x = normals(n * rows * c, seed), expected = new Float64Array(n * c);
      x.forEach((value, i) => {
        expected[Math.floor(i / (rows * c)) * c + i % c]! += value / rows;
      });
      const error = largestError(pool(made, x), expected);
      assert.ok(error <= TOLERANCE, `error ${error} exceeds ${TOLERANCE}`);
    }),
    { seed: 1, numRuns: 60 },
  );
});

Deno.test("globalAveragePool() gives the same bits when slices are cut otherwise", () => {
  const made: Case = { n: 5, rows: 16, c: 13, examplesPerSlice: 1, seed: 1 };
  const x = normals(5 * 16 * 13, 1);
  assert.deepEqual(pool({ ...made, examplesPerSlice: 3 }, x), pool(made, x));
});

Deno.test("globalAveragePoolGradient() spreads dy over the rows that the mask lets through", () => {
  fc.assert(
    fc.property(anyCase, fc.boolean(), ({ n, rows, c, examplesPerSlice, seed }, masked) => {
      const size = n * rows * c, dy = normals(n * c, seed);
      const mask = normals(size, seed + 1).map((value) => Math.max(0, value));
      const bench = new KernelBench("relaxed", MEGABYTES), dx = bench.array(size);
      const words = [
        ...[bench.array(dy), dx, masked ? bench.array(mask) : 0],
        ...[n, rows, c, examplesPerSlice],
      ];
      bench.run("globalAveragePoolGradient", words, Math.ceil(n / examplesPerSlice));
      const expected = mask.map((value, i) =>
        masked && value === 0 ? 0 : dy[Math.floor(i / (rows * c)) * c + i % c]! / rows
      );
      assert.deepEqual(bench.read(dx, size), expected);
    }),
    { seed: 2, numRuns: 60 },
  );
});
