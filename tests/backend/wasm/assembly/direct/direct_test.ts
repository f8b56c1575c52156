import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Convolution,
  convolutions,
  normals,
  outputSize,
  randomTensors,
  referenceConvolution,
} from "../../../../testing/naive/convolutions.ts";
import { KernelBench } from "../../../../testing/wasm/kernels.ts";
import { largestError } from "../../../../testing/numbers.ts";

/** Largest error as a share of the largest value. */
const TOLERANCE = 5e-6;
const MEGABYTES = 24;

/** 1×1 convolutions. */
const pointwise = convolutions.map((convolution): Convolution => ({ ...convolution, kernel: 1 }));

/** What follows the sums, and how the work is cut. */
interface Options {
  readonly bias?: ArrayLike<number>;
  readonly add?: ArrayLike<number>;
  /** Whether `add` is where the result goes. */
  readonly inPlace?: boolean;
  readonly mask?: ArrayLike<number>;
  readonly relu?: boolean;
  readonly examplesPerSlice?: number;
  readonly panelsPerSlice?: number;
}

/** A convolution (`direct`) or its input gradient (`directInput`) on a bench of its own, slices in reverse. */
function run(
  kernel: "direct" | "directInput",
  convolution: Convolution,
  from: Float32Array,
  w: Float32Array,
  options: Options = {},
  build: "relaxed" | "strict" = "relaxed",
): Float32Array {
  const { batch, height, width, inputs, outputs } = convolution;
  const { examplesPerSlice = 2, panelsPerSlice = 2, relu = false } = options;
  const bench = new KernelBench(build, MEGABYTES);
  const transposed = kernel === "directInput";
  const [depth, columns] = transposed ? [outputs, inputs] : [inputs, outputs];
  const panels = Math.ceil(columns / 8), panelGroups = Math.ceil(panels / panelsPerSlice);
  const u = bench.array(depth * panels * 8);
  const packWords = [inputs, outputs, Number(transposed), panelsPerSlice];
  bench.run("directPack", [bench.array(w), u, ...packWords], panelGroups);

  const [high, wide] = transposed ? [height, width] : outputSize(convolution);
  const size = batch * high * wide * columns;
  const optional = (values?: ArrayLike<number>) => values ? bench.array(values) : 0;
  const to = bench.array(options.inPlace ? options.add! : size);
  const bias = optional(options.bias), mask = optional(options.mask);
  const add = options.inPlace ? to : optional(options.add);
  const slices = Math.ceil(batch / examplesPerSlice) * panelGroups;
  const { stride } = convolution;
  const epilogue = [bias, add, mask, Number(relu)];
  const shape = [batch, height, width, depth, columns, stride];
  bench.run(
    kernel,
    [bench.array(from), u, to, ...epilogue, ...shape, examplesPerSlice, panelsPerSlice],
    slices,
    [...Array(slices).keys()].reverse(),
  );
  return bench.read(to, size);
}

for (const build of ["relaxed", "strict"] as const) {
  Deno.test(`direct() and directInput() agree with float64 when built ${build}`, () => {
    fc.assert(
      fc.property(pointwise, fc.nat(1000), (convolution, seed) => {
        const tensors = randomTensors(convolution, seed);
        const expected = referenceConvolution(convolution, tensors);
        const y = run("direct", convolution, tensors.x, tensors.w, {}, build);
        assert(largestError(y, expected.y) <= TOLERANCE);
        const dx = run("directInput", convolution, tensors.dy, tensors.w, {}, build);
        assert(largestError(dx, expected.dx) <= TOLERANCE);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
}

/** More pixels than a table holds, more panels than one, and a last panel of four. */
const LARGE: Convolution = {
  batch: 3,
  height: 31,
  width: 30,
  inputs: 12,
  outputs: 20,
  kernel: 1,
  stride: 2,
};

Deno.test("direct() and directInput() agree with float64 when tables end within a row", () => {
  for (const stride of [1, 2] as const) {
    const convolution = { ...LARGE, stride };
    const tensors = randomTensors(convolution, 1);
    const expected = referenceConvolution(convolution, tensors);
    const y = run("direct", convolution, tensors.x, tensors.w);
    assert(largestError(y, expected.y) <= TOLERANCE);
    const dx = run("directInput", convolution, tensors.dy, tensors.w);
    assert(largestError(dx, expected.dx) <= TOLERANCE);
  }
});

Deno.test("direct() and directInput() give the same bits when cut differently", () => {
  const { x, w, dy } = randomTensors(LARGE, 1);
  for (const [kernel, from] of [["direct", x], ["directInput", dy]] as const) {
    const whole = run(kernel, LARGE, from, w, { examplesPerSlice: 3, panelsPerSlice: 3 });
    for (const examplesPerSlice of [1, 2, 5]) {
      for (const panelsPerSlice of [1, 2, 4]) {
        const cut = run(kernel, LARGE, from, w, { examplesPerSlice, panelsPerSlice });
        assert.deepEqual(cut, whole);
      }
    }
  }
});

Deno.test("direct() adds, clips and masks when asked to", () => {
  const { x, w, dy } = randomTensors(LARGE, 2);
  const sums = run("direct", LARGE, x, w);
  const bias = normals(LARGE.outputs, 7), add = normals(dy.length, 8), mask = dy;
  const biased = sums.map((v, i) => v + bias[i % LARGE.outputs]!);
  const added = biased.map((v, i) => v + add[i]!);
  const clipped = added.map((v) => Math.max(v, 0));
  const masked = (values: Float32Array) => values.map((v, i) => mask[i]! > 0 ? v : 0);
  const cases: [Options, Float32Array][] = [
    [{ bias }, biased],
    [{ bias, add }, added],
    [{ bias, add, inPlace: true }, added],
    [{ add }, sums.map((v, i) => v + add[i]!)],
    [{ relu: true }, sums.map((v) => Math.max(v, 0))],
    [{ mask }, masked(sums)],
    [{ bias, add, mask }, masked(added)],
    [{ bias, add, relu: true }, clipped],
    [{ bias, add, relu: true, mask, inPlace: true }, masked(clipped)],
  ];
  for (const [options, expected] of cases) {
    assert.deepEqual(run("direct", LARGE, x, w, options).map(unsigned), expected.map(unsigned));
  }
});

Deno.test("directInput() adds and masks when asked to", () => {
  const { x, w, dy } = randomTensors(LARGE, 3);
  const sums = run("directInput", LARGE, dy, w), add = normals(x.length, 9), mask = x;
  const added = sums.map((v, i) => v + add[i]!);
  const masked = (values: Float32Array) => values.map((v, i) => mask[i]! > 0 ? v : 0);
  const cases: [Options, Float32Array][] = [
    [{ add }, added],
    [{ add, inPlace: true }, added],
    [{ mask }, masked(sums)],
    [{ add, mask }, masked(added)],
    // In place, what no product is added to is left alone: the caller has masked it.
    [{ add: masked(add), mask, inPlace: true }, masked(added)],
  ];
  for (const [options, expected] of cases) {
    assert.deepEqual(
      run("directInput", LARGE, dy, w, options).map(unsigned),
      expected.map(unsigned),
    );
  }
});

Deno.test("directInput() leaves what is added when a pixel meets no tap", () => {
  const convolution = { ...LARGE, height: 4, width: 5 };
  const { x: add, w, dy } = randomTensors(convolution, 4);
  const dx = run("directInput", convolution, dy, w, { add });
  for (const [i, value] of dx.entries()) {
    const pixel = Math.floor(i / convolution.inputs);
    const met = pixel % 5 % 2 === 0 && Math.floor(pixel / 5) % 4 % 2 === 0;
    assert.equal(value === add[i], !met);
  }
});

Deno.test("direct() keeps a NaN when it takes the positive part", () => {
  const { x, w } = randomTensors(LARGE, 5);
  x[0] = NaN;
  assert(Number.isNaN(run("direct", LARGE, x, w, { relu: true })[0]));
});

/** Makes −0 and 0 equal: what the kernels clip may carry either sign. */
function unsigned(value: number): number {
  return value + 0;
}
