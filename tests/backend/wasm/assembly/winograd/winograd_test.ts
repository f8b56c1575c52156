import assert from "node:assert/strict";
import fc from "fast-check";
import { KernelBench } from "../../../../testing/wasm/kernels.ts";
import { largestError } from "../../../../testing/numbers.ts";
import {
  anyShape,
  normals,
  outputPixels,
  products,
  roundUp,
  type Shape,
} from "../kernels_support.ts";

/** Largest error as a share of the largest value; seen on these shapes: 5e-6. */
const TOLERANCE = 1.5e-5;

/** Which of the kernels. */
interface Kind {
  readonly build: "relaxed" | "strict";
  readonly stride: 1 | 2;
  /** Whether it is the input's gradient. */
  readonly transposed: boolean;
}

const KINDS: readonly Kind[] = (["relaxed", "strict"] as const).flatMap((build) =>
  ([1, 2] as const).flatMap((stride) =>
    [false, true].map((transposed) => ({ build, stride, transposed }))
  )
);

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

/** Values of the source and of the result. */
function sizes(shape: Shape, { stride, transposed }: Kind): { source: number; result: number } {
  const { n, h, w, ci, co } = shape;
  const image = n * h * w * ci, output = outputPixels(shape, stride) * co;
  return transposed ? { source: output, result: image } : { source: image, result: output };
}

/** The convolution of `x` with the filter, or, transposed, the input gradient of `x`. */
function convolve(
  kind: Kind,
  shape: Shape,
  x: Float32Array,
  filter: Float32Array,
  { examples, panels }: Cut,
  { bias, add, mask, relu = false, inPlace = false }: Followers = {},
): Float32Array {
  const { build, stride, transposed } = kind;
  const { n, h, w, ci, co } = shape;
  const bench = new KernelBench(build, 32);
  const [k, c] = transposed ? [co, ci] : [ci, co];
  const all = Math.ceil(c / 8), size = sizes(shape, kind).result;
  const u = bench.array(36 * k * roundUp(c, 4));
  const packWords = [bench.array(filter), u, ci, co, Number(transposed), 2, stride];
  bench.run("winogradPack", packWords, Math.ceil(all / 2));
  const place = (values?: Float32Array) => values ? bench.array(values) : 0;
  const added = place(add);
  const y = inPlace ? added : bench.array(size);
  const followers = [place(bias), added, place(mask), Number(relu)];
  const slices = Math.ceil(n / examples) * Math.ceil(all / panels);
  const backwards = Array.from({ length: slices }, (_, slice) => slices - 1 - slice);
  const words = [bench.array(x), u, y, ...followers, n, h, w, k, c, examples, panels];
  const kernel = stride === 1 ? "winograd" : transposed ? "stridedInput" : "strided";
  bench.run(kernel, words, slices, backwards);
  return bench.read(y, size);
}

function reference(
  kind: Kind,
  shape: Shape,
  x: Float32Array,
  filter: Float32Array,
): Float64Array {
  const { ci, co } = shape;
  const y = new Float64Array(sizes(shape, kind).result);
  products(shape, kind.stride, (input, tap, output) => {
    for (let i = 0; i < ci; i++) {
      for (let o = 0; o < co; o++) {
        const weight = filter[(tap * ci + i) * co + o]!;
        if (kind.transposed) y[input * ci + i]! += weight * x[output * co + o]!;
        else y[output * co + o]! += weight * x[input * ci + i]!;
      }
    }
  });
  return y;
}

function inputs(shape: Shape, kind: Kind, seed: number) {
  const x = normals(sizes(shape, kind).source, seed);
  return { x, filter: normals(9 * shape.ci * shape.co, seed + 1) };
}

const WHOLE: Cut = { examples: 5, panels: 3 };

for (const kind of KINDS) {
  const { build, stride, transposed } = kind;
  const what = `${transposed ? "input gradient" : "convolution"} of stride ${stride}, ${build}`;
  Deno.test(`the Winograd ${what}, agrees with float64 on any shape`, () => {
    fc.assert(
      fc.property(anyShape, fc.nat(), (shape, seed) => {
        const { x, filter } = inputs(shape, kind, seed);
        const y = convolve(kind, shape, x, filter, WHOLE);
        const error = largestError(y, reference(kind, shape, x, filter));
        assert.ok(error <= TOLERANCE, `error ${error}`);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  Deno.test(`the Winograd ${what}, has the same bits however it is cut`, () => {
    // More tiles than the kernels take at once, and an even number of panels to cut.
    const shape = stride === 1
      ? { n: 3, h: 20, w: 18, ci: 29, co: 29 }
      : { n: 3, h: 34, w: 33, ci: 29, co: 29 };
    const { x, filter } = inputs(shape, kind, 2);
    const expected = convolve(kind, shape, x, filter, { examples: 3, panels: 4 });
    assert.ok(largestError(expected, reference(kind, shape, x, filter)) <= TOLERANCE);
    for (const cut of [{ examples: 1, panels: 1 }, { examples: 2, panels: 2 }]) {
      assert.deepEqual(convolve(kind, shape, x, filter, cut), expected);
    }
  });

  Deno.test(`the Winograd ${what}, adds, rectifies and masks as it is told`, () => {
    const shape = { n: 2, h: 11, w: 6, ci: 11, co: 11 };
    const { x, filter } = inputs(shape, kind, 3);
    const size = sizes(shape, kind).result;
    const bias = normals(11, 5), add = normals(size, 6), mask = normals(size, 7);
    mask[3] = 0;
    const run = (followers: Followers) => convolve(kind, shape, x, filter, WHOLE, followers);
    const plain = run({});
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
}
