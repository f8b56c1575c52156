import assert from "node:assert/strict";
import fc from "fast-check";
import { KernelBench } from "../../../../testing/wasm/kernels.ts";
import { largestError } from "../../../../testing/numbers.ts";
import { anyShape, normals, products, roundUp, type Shape } from "../kernels_support.ts";

/** Largest error as a share of the largest value; seen on these shapes: 7e-6. */
const TOLERANCE = 2e-5;

/** How the work is cut: examples per group, which changes the sums' order; the rest, which does not. */
interface Cut {
  readonly group: number;
  readonly tiles: number;
  readonly channels: number;
}

function filterGradient(
  build: "relaxed" | "strict",
  { n, h, w, ci, co }: Shape,
  x: Float32Array,
  dy: Float32Array,
  { group, tiles, channels }: Cut,
): Float32Array {
  const bench = new KernelBench(build, 64);
  const [inWidth, outWidth] = [roundUp(ci, 4), roundUp(co, 8)];
  const tilesPerExample = Math.ceil(h / 4) * Math.ceil(w / 4);
  const room = 36 * (group * tilesPerExample + 16);
  const [v, m] = [bench.array(room * inWidth), bench.array(room * outWidth)];
  const du = bench.array(36 * ci * outWidth), dw = bench.array(9 * ci * co);
  const [image, slope] = [bench.array(x), bench.array(dy)];
  for (let first = 0; first < n; first += group) {
    const last = Math.min(n, first + group);
    const size = [n, h, w, ci, co, first, last, tiles];
    const terms = (last - first) * tilesPerExample;
    bench.run("winogradFilterTransform", [image, slope, v, m, ...size], Math.ceil(terms / tiles));
    const words = [v, m, du, terms, ci, co, Number(first > 0), channels];
    bench.run("winogradFilterGemm", words, 36 * Math.ceil(ci / channels));
  }
  const slices = Math.ceil(ci / channels);
  bench.run("winogradFilterFinish", [du, dw, ci, co, channels], slices);
  return bench.read(dw, 9 * ci * co);
}

/** The same with the groups shared out: `atOnce` of them, each by itself, then their sums. */
function filterGradientApart(
  { n, h, w, ci, co }: Shape,
  x: Float32Array,
  dy: Float32Array,
  group: number,
  atOnce: number,
): Float32Array {
  const bench = new KernelBench("relaxed", 64);
  const size = 36 * ci * roundUp(co, 8), count = Math.ceil(n / group);
  const sums = bench.array(atOnce * size), du = bench.array(size), dw = bench.array(9 * ci * co);
  const [image, slope] = [bench.array(x), bench.array(dy)];
  for (let first = 0; first < count; first += atOnce) {
    const groups = Math.min(atOnce, count - first);
    const words = [image, slope, sums, n, h, w, ci, co, first * group, group];
    bench.run("winogradFilterGroup", words, groups);
    const accumulate = Number(first > 0);
    bench.run("winogradFilterSum", [sums, du, size, groups, accumulate], Math.ceil(size / 16_384));
  }
  bench.run("winogradFilterFinish", [du, dw, ci, co, 4], Math.ceil(ci / 4));
  return bench.read(dw, 9 * ci * co);
}

function reference(shape: Shape, x: Float32Array, dy: Float32Array): Float64Array {
  const { ci, co } = shape;
  const dw = new Float64Array(9 * ci * co);
  products(shape, 1, (input, tap, output) => {
    for (let i = 0; i < ci; i++) {
      for (let o = 0; o < co; o++) {
        dw[(tap * ci + i) * co + o]! += x[input * ci + i]! * dy[output * co + o]!;
      }
    }
  });
  return dw;
}

const WHOLE: Cut = { group: 5, tiles: 16, channels: 24 };

for (const build of ["relaxed", "strict"] as const) {
  Deno.test(`the Winograd filter gradient agrees with float64 on any shape, ${build}`, () => {
    fc.assert(
      fc.property(anyShape, fc.nat(), fc.integer({ min: 1, max: 5 }), (shape, seed, group) => {
        const { n, h, w, ci, co } = shape;
        const x = normals(n * h * w * ci, seed), dy = normals(n * h * w * co, seed + 1);
        const dw = filterGradient(build, shape, x, dy, { ...WHOLE, group });
        const error = largestError(dw, reference(shape, x, dy));
        assert.ok(error <= TOLERANCE, `error ${error}`);
      }),
      { seed: 1, numRuns: 40 },
    );
  });
}

Deno.test("the Winograd filter gradient has the same bits however tiles and channels are cut", () => {
  const shape = { n: 5, h: 9, w: 6, ci: 15, co: 10 };
  const x = normals(5 * 9 * 6 * 15, 3), dy = normals(5 * 9 * 6 * 10, 4);
  const expected = filterGradient("relaxed", shape, x, dy, WHOLE);
  for (const cut of [{ tiles: 1, channels: 4 }, { tiles: 7, channels: 8 }]) {
    assert.deepEqual(filterGradient("relaxed", shape, x, dy, { ...WHOLE, ...cut }), expected);
  }
});

Deno.test("the Winograd filter gradient has the same bits whether groups are taken in turn or apart", () => {
  fc.assert(
    fc.property(
      anyShape,
      fc.nat(),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      (shape, seed, group, atOnce) => {
        const { n, h, w, ci, co } = shape;
        const x = normals(n * h * w * ci, seed), dy = normals(n * h * w * co, seed + 1);
        const expected = filterGradient("relaxed", shape, x, dy, { ...WHOLE, group });
        assert.deepEqual(filterGradientApart(shape, x, dy, group, atOnce), expected);
      },
    ),
    { seed: 1, numRuns: 40 },
  );
});
