import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Convolution,
  convolutions,
  randomTensors,
  referenceConvolution,
} from "../../../../testing/naive/convolutions.ts";
import { KernelBench } from "../../../../testing/wasm/kernels.ts";
import { largestError } from "../../../../testing/numbers.ts";

/** Largest error as a share of the largest gradient. */
const TOLERANCE = 5e-6;
const MEGABYTES = 24;

/** The filter gradient on a bench of its own, slices in reverse. */
function filterGradient(
  convolution: Convolution,
  { x, w, dy }: ReturnType<typeof randomTensors>,
  ciPerSlice = 12,
  build: "relaxed" | "strict" = "relaxed",
): Float32Array {
  const { batch, height, width, inputs, outputs, kernel, stride } = convolution;
  const bench = new KernelBench(build, MEGABYTES);
  const dw = bench.array(w.length);
  const shape = [batch, height, width, inputs, outputs, kernel, stride];
  const slices = kernel ** 2 * Math.ceil(inputs / ciPerSlice);
  const order = [...Array(slices).keys()].reverse();
  const words = [bench.array(x), bench.array(dy), dw, ...shape, ciPerSlice];
  bench.run("directFilter", words, slices, order);
  return bench.read(dw, w.length);
}

for (const build of ["relaxed", "strict"] as const) {
  Deno.test(`directFilter() agrees with float64 when built ${build}`, () => {
    fc.assert(
      fc.property(convolutions, fc.nat(1000), (convolution, seed) => {
        const tensors = randomTensors(convolution, seed);
        const dw = filterGradient(convolution, tensors, 12, build);
        const expected = referenceConvolution(convolution, tensors).dw;
        assert(largestError(dw, expected) <= TOLERANCE);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
}

/** Several tables of pixels, of which the last is partly filled. */
const LARGE: Convolution = {
  batch: 7,
  height: 31,
  width: 30,
  inputs: 16,
  outputs: 20,
  kernel: 3,
  stride: 2,
};

Deno.test("directFilter() agrees with float64 when many pixels are summed", () => {
  for (const stride of [1, 2] as const) {
    const convolution = { ...LARGE, stride };
    const tensors = randomTensors(convolution, 1);
    const expected = referenceConvolution(convolution, tensors).dw;
    assert(largestError(filterGradient(convolution, tensors), expected) <= TOLERANCE);
  }
});

Deno.test("directFilter() gives the same bits when cut differently", () => {
  const tensors = randomTensors(LARGE, 2), whole = filterGradient(LARGE, tensors, 16);
  for (const ciPerSlice of [1, 4, 6, 7, 40]) {
    assert.deepEqual(filterGradient(LARGE, tensors, ciPerSlice), whole);
  }
});
