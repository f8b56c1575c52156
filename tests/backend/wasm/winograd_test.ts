import assert from "node:assert/strict";
import fc from "fast-check";
import { KernelBench } from "../../testing/kernels.ts";
import { largestError } from "../../testing/numbers.ts";
import { anyShape, normals, products, roundUp, type Shape } from "./kernels_support.ts";

/** Largest error as a share of the largest value; seen on these shapes: 5e-6. */
const TOLERANCE = 1.5e-5;

/** How the result is cut. */
interface Cut {
  readonly examples: number;
  readonly panels: number;
}

/** What follows the convolution, as values. */
interface Followers {
  readonly bias?: Float32Array;
  readonly add?: Float32Array;
  readonly mask?: Float32Array;
  readonly relu?: boolean;
  /** Whether the sum replaces what was added. */
  readonly inPlace?: boolean;
}

/** The convolution of `x` with the filter, or with `transposed` the input gradient of `x` [n,h,w,co]. */
function convolve(
  build: "relaxed" | "strict",
  { n, h, w, ci, co }: Shape,
  x: Float32Array,
  filter: Float32Array,
  transposed: boolean,
  { examples, panels }: Cut,
  { bias, add, mask, relu = false, inPlace = false }: Followers = {},
): Float32Array {
  const bench = new KernelBench(build, 32);
  const [k, c] = transposed ? [co, ci] : [ci, co];
  const all = Math.ceil(c / 8), size = n * h * w * c;
  const u = bench.array(36 * k * roundUp(c, 4));
  const packWords = [bench.array(filter), u, ci, co, Number(transposed), 2];
  bench.run("winogradPack", packWords, Math.ceil(all / 2));
  const place = (values?: Float32Array) => values ? bench.array(values) : 0;
  const added = place(add);
  const y = inPlace ? added : bench.array(size);
  const followers = [place(bias), added, place(mask), Number(relu)];
  const slices = Math.ceil(n / examples) * Math.ceil(all / panels);
  const backwards = Array.from({ length: slices }, (_, slice) => slices - 1 - slice);
  const words = [bench.array(x), u, y, ...followers, n, h, w, k, c, examples, panels];
  bench.run("winograd", words, slices, backwards);
  return bench.read(y, size);
}

function reference(
  shape: Shape,
  x: Float32Array,
  filter: Float32Array,
  transposed: boolean,
): Float64Array {
  const { n, h, w, ci, co } = shape;
  const y = new Float64Array(n * h * w * (transposed ? ci : co));
  products(shape, (input, tap, output) => {
    for (let i = 0; i < ci; i++) {
      for (let o = 0; o < co; o++) {
        const weight = filter[(tap * ci + i) * co + o]!;
        if (transposed) y[input * ci + i]! += weight * x[output * co + o]!;
        else y[output * co + o]! += weight * x[input * ci + i]!;
      }
    }
  });
  return y;
}

function inputs({ n, h, w, ci, co }: Shape, transposed: boolean, seed: number) {
  const x = normals(n * h * w * (transposed ? co : ci), seed);
  return { x, filter: normals(9 * ci * co, seed + 1) };
}

const WHOLE: Cut = { examples: 5, panels: 3 };

for (const build of ["relaxed", "strict"] as const) {
  for (const transposed of [false, true]) {
    const what = transposed ? "the input gradient" : "the convolution";
    Deno.test(`winograd() gives ${what} to float64's digits on any shape, ${build}`, () => {
      fc.assert(
        fc.property(anyShape, fc.nat(), (shape, seed) => {
          const { x, filter } = inputs(shape, transposed, seed);
          const y = convolve(build, shape, x, filter, transposed, WHOLE);
          const error = largestError(y, reference(shape, x, filter, transposed));
          assert.ok(error <= TOLERANCE, `error ${error}`);
        }),
        { seed: 1, numRuns: 40 },
      );
    });
  }
}

Deno.test("winograd() gives the same bits however the result is cut", () => {
  // 75 tiles: more than the kernel takes at once.
  const shape = { n: 3, h: 20, w: 18, ci: 5, co: 21 };
  const { x, filter } = inputs(shape, false, 2);
  const expected = convolve("relaxed", shape, x, filter, false, { examples: 3, panels: 3 });
  assert.ok(largestError(expected, reference(shape, x, filter, false)) <= TOLERANCE);
  for (const cut of [{ examples: 1, panels: 1 }, { examples: 2, panels: 2 }]) {
    assert.deepEqual(convolve("relaxed", shape, x, filter, false, cut), expected);
  }
});

Deno.test("winograd() adds, rectifies and masks as it is told", () => {
  const shape = { n: 2, h: 7, w: 6, ci: 4, co: 11 };
  const { x, filter } = inputs(shape, false, 3);
  const size = 2 * 7 * 6 * 11;
  const bias = normals(11, 5), add = normals(size, 6), mask = normals(size, 7);
  mask[3] = 0;
  const plain = convolve("relaxed", shape, x, filter, false, WHOLE);
  const run = (followers: Followers) =>
    convolve("relaxed", shape, x, filter, false, WHOLE, followers);
  const f = Math.fround;
  const biased = plain.map((value, i) => f(value + bias[i % 11]!));
  const sum = biased.map((value, i) => f(value + add[i]!));
  assert.deepEqual(run({ bias }), biased);
  assert.deepEqual(run({ bias, add }), sum);
  assert.deepEqual(run({ bias, add, inPlace: true }), sum);
  assert.deepEqual(run({ bias, add, relu: true }), sum.map((value) => Math.max(value, 0)));
  assert.deepEqual(run({ mask }), plain.map((value, i) => mask[i]! > 0 ? value : 0));
  assert.ok(run({ bias: new Float32Array(11).fill(NaN), relu: true }).every(Number.isNaN));
});
