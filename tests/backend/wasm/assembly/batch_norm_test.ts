import assert from "node:assert/strict";
import fc from "fast-check";
import { Purpose, Stream } from "../../../../src/random/stream.ts";
import { KernelBench } from "../../../testing/wasm/kernels.ts";
import { largestError } from "../../../testing/numbers.ts";

const EPSILON = 1e-5;
/** Largest error as a share of the largest output. */
const TOLERANCE = 5e-6;
/** The same for statistics, which are summed in float64: two float32 roundings. */
const STATISTICS_TOLERANCE = 2 ** -23;
const MEGABYTES = 16;

interface Case {
  readonly build: "relaxed" | "strict";
  readonly n: number;
  readonly rows: number;
  readonly c: number;
  readonly examplesPerSlice: number;
  /** Channel means are up to so many deviations. */
  readonly offset: number;
  readonly relu: boolean;
  readonly add: boolean;
  readonly seed: number;
}

/** Several partial sums and passes, channels with and without a remainder. */
const anyCase: fc.Arbitrary<Case> = fc.record({
  build: fc.constantFrom("relaxed", "strict"),
  n: fc.integer({ min: 1, max: 19 }),
  rows: fc.integer({ min: 3, max: 11 }),
  c: fc.oneof(fc.integer({ min: 1, max: 21 }), fc.constant(64)),
  examplesPerSlice: fc.integer({ min: 1, max: 20 }),
  offset: fc.constantFrom(0, 3, 100),
  relu: fc.boolean(),
  add: fc.boolean(),
  seed: fc.nat(),
});

const ONE: Case = {
  ...{ build: "relaxed", n: 19, rows: 7, c: 13, examplesPerSlice: 8 },
  ...{ offset: 3, relu: true, add: true, seed: 1 },
};

/** Random values of everything that a layer has; mean and variance are those of `x`, rounded. */
function makeLayer({ n, rows, c, offset, seed }: Case) {
  const stream = new Stream(seed, Purpose.synthetic);
  const draw = (length: number, next: (i: number) => number) =>
    Float32Array.from({ length }, (_, i) => next(i));
  const size = n * rows * c;
  const centres = draw(c, () => offset * (2 * stream.uniform() - 1));
  const x = draw(size, (i) => centres[i % c]! + stream.normal());
  const { mean, variance } = moments(x, c);
  return {
    x,
    mean: Float32Array.from(mean),
    variance: Float32Array.from(variance),
    gamma: draw(c, () => 0.5 + stream.uniform()),
    beta: draw(c, () => stream.uniform() - 0.5),
    add: draw(size, () => stream.normal()),
    dy: draw(size, () => stream.normal()),
    out: draw(size, () => Math.max(0, stream.normal())),
  };
}

function columnSums(values: ArrayLike<number>, c: number): Float64Array {
  const sums = new Float64Array(c);
  for (let i = 0; i < values.length; i++) sums[i % c]! += values[i]!;
  return sums;
}

/** Mean and variance per channel in two passes. */
function moments(x: Float32Array, c: number) {
  const count = x.length / c;
  const mean = columnSums(x, c).map((sum) => sum / count);
  const squares = Float64Array.from(x, (value, i) => (value - mean[i % c]!) ** 2);
  return { mean, variance: columnSums(squares, c).map((sum) => sum / count) };
}

/** Slices of a kernel that takes so many examples at a time, last first if `backwards`. */
function order(n: number, examplesPerSlice: number, backwards: boolean): number[] {
  const slices = [...Array(Math.ceil(n / examplesPerSlice)).keys()];
  return backwards ? slices.reverse() : slices;
}

function statistics({ build, n, rows, c }: Case, x: Float32Array, backwards = false) {
  const bench = new KernelBench(build, MEGABYTES);
  const slices = order(n, 8, backwards);
  const partials = bench.array(slices.length * 4 * c), mean = bench.array(c);
  const variance = bench.array(c);
  bench.run("batchNormStatistics", [bench.array(x), partials, rows, c, n], slices.length, slices);
  bench.run("batchNormFinish", [partials, mean, variance, rows, c, 1, n], 1);
  return { mean: bench.read(mean, c), variance: bench.read(variance, c) };
}

function apply(made: Case, layer: ReturnType<typeof makeLayer>, backwards = false) {
  const { build, n, rows, c, examplesPerSlice } = made;
  const bench = new KernelBench(build, MEGABYTES);
  const { x, mean, variance, gamma, beta } = layer;
  const slices = order(n, examplesPerSlice, backwards), y = bench.array(x.length);
  const words = [
    ...[x, mean, variance, gamma, beta].map((values) => bench.array(values)),
    ...[made.add ? bench.array(layer.add) : 0, Number(made.relu), y],
    ...[rows, c, { real: EPSILON }, examplesPerSlice, n],
  ];
  bench.run("batchNormApply", words, slices.length, slices);
  return bench.read(y, x.length);
}

/** @param inPlace which of the outputs takes the place of `dy` */
function gradients(
  made: Case,
  layer: ReturnType<typeof makeLayer>,
  backwards = false,
  inPlace?: "dx" | "dadd",
) {
  const { build, n, rows, c, examplesPerSlice } = made;
  const bench = new KernelBench(build, MEGABYTES);
  const size = layer.x.length;
  const dy = bench.array(layer.dy), x = bench.array(layer.x), mean = bench.array(layer.mean);
  const out = made.relu ? bench.array(layer.out) : 0;
  const variance = bench.array(layer.variance), gamma = bench.array(layer.gamma);
  const dGamma = bench.array(c), dBeta = bench.array(c), coefficients = bench.array(3 * c);
  const dx = inPlace === "dx" ? dy : bench.array(size);
  const dadd = inPlace === "dadd" ? dy : made.add ? bench.array(size) : 0;

  const eights = order(n, 8, backwards), partials = bench.array(eights.length * 4 * c);
  const sums = [dy, x, out, mean, partials, rows, c, n];
  bench.run("batchNormGradientSums", sums, eights.length, eights);
  const finish = [
    ...[partials, variance, gamma, dGamma, dBeta, coefficients],
    ...[rows, c, { real: EPSILON }, 1, n],
  ];
  bench.run("batchNormGradientFinish", finish, 1);
  const slices = order(n, examplesPerSlice, backwards);
  const words = [dy, x, out, mean, coefficients, dx, dadd, rows, c, examplesPerSlice, n];
  bench.run("batchNormGradientApply", words, slices.length, slices);
  return {
    dx: bench.read(dx, size),
    dadd: dadd ? bench.read(dadd, size) : undefined,
    dGamma: bench.read(dGamma, c),
    dBeta: bench.read(dBeta, c),
  };
}

function assertWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  const error = largestError(actual, expected);
  assert.ok(error <= tolerance, `${what}: error ${error} exceeds ${tolerance}`);
}

Deno.test("batchNormStatistics() and batchNormFinish() agree with float64 even far from zero", () => {
  fc.assert(
    fc.property(anyCase, (made) => {
      const { x } = makeLayer(made);
      const { mean, variance } = statistics(made, x), expected = moments(x, made.c);
      assertWithin(mean, expected.mean, STATISTICS_TOLERANCE, "mean");
      assertWithin(variance, expected.variance, STATISTICS_TOLERANCE, "variance");
    }),
    { seed: 1, numRuns: 60 },
  );
});

Deno.test("batchNormFinish() gives no negative variance when all values are equal", () => {
  const c = 40, made = { ...ONE, rows: 11, c };
  const x = Float32Array.from({ length: made.n * 11 * c }, (_, i) => 0.1 + (i % c) / 7);
  const { variance } = statistics(made, x);
  assert.ok(variance.every((value) => value >= 0 && value < 1e-12), `${variance}`);
});

Deno.test("batchNormApply() agrees with float64 with and without addend and ReLU", () => {
  fc.assert(
    fc.property(anyCase, (made) => {
      const layer = makeLayer(made);
      const { mean, variance, gamma, beta } = layer;
      const expected = Float64Array.from(layer.x, (value, i) => {
        const j = i % made.c;
        const normalised = (value - mean[j]!) / Math.sqrt(variance[j]! + EPSILON);
        const y = normalised * gamma[j]! + beta[j]! + (made.add ? layer.add[i]! : 0);
        return made.relu ? Math.max(0, y) : y;
      });
      assertWithin(apply(made, layer), expected, TOLERANCE, "y");
    }),
    { seed: 2, numRuns: 60 },
  );
});

Deno.test("batchNormApply() keeps a NaN when it is followed by the ReLU", () => {
  const layer = makeLayer(ONE);
  layer.x[5] = NaN;
  const y = apply(ONE, layer);
  assert.deepEqual([...y.keys()].filter((i) => Number.isNaN(y[i])), [5]);
});

Deno.test("batchNormGradientSums(), -Finish() and -Apply() agree with float64 on any shape", () => {
  fc.assert(
    fc.property(anyCase, (made) => {
      const layer = makeLayer(made);
      const { c } = made, count = made.n * made.rows;
      const g = layer.dy.map((slope, i) => made.relu && layer.out[i] === 0 ? 0 : slope);
      const deviation = Array.from(layer.variance, (value) => Math.sqrt(value + EPSILON));
      const normalised = Float64Array.from(
        layer.x,
        (value, i) => (value - layer.mean[i % c]!) / deviation[i % c]!,
      );
      const dBeta = columnSums(g, c);
      const dGamma = columnSums(normalised.map((value, i) => value * g[i]!), c);
      const dx = normalised.map((value, i) => {
        const j = i % c;
        const centred = g[i]! - dBeta[j]! / count - value * dGamma[j]! / count;
        return layer.gamma[j]! / deviation[j]! * centred;
      });
      const actual = gradients(made, layer);
      assertWithin(actual.dx, dx, TOLERANCE, "dx");
      assertWithin(actual.dGamma, dGamma, TOLERANCE, "dGamma");
      assertWithin(actual.dBeta, dBeta, STATISTICS_TOLERANCE, "dBeta");
      assert.deepEqual(actual.dadd, made.add ? g : undefined);
    }),
    { seed: 3, numRuns: 60 },
  );
});

Deno.test("batchNormStatistics() gives the same bits when slices run in another order", () => {
  const { x } = makeLayer(ONE);
  assert.deepEqual(statistics(ONE, x, true), statistics(ONE, x));
});

Deno.test("batchNormApply() gives the same bits when slices are cut and run otherwise", () => {
  const layer = makeLayer(ONE), expected = apply(ONE, layer);
  for (const examplesPerSlice of [1, 3, 19]) {
    assert.deepEqual(apply({ ...ONE, examplesPerSlice }, layer, true), expected);
  }
});

Deno.test("batchNormGradientApply() gives the same bits when slices are cut and run otherwise", () => {
  const layer = makeLayer(ONE), expected = gradients(ONE, layer);
  for (const examplesPerSlice of [1, 3, 19]) {
    assert.deepEqual(gradients({ ...ONE, examplesPerSlice }, layer, true), expected);
  }
});

Deno.test("batchNormGradientApply() gives the same bits when an output takes the place of dy", () => {
  const layer = makeLayer(ONE), expected = gradients(ONE, layer);
  assert.deepEqual(gradients(ONE, layer, false, "dx"), expected);
  assert.deepEqual(gradients(ONE, layer, false, "dadd"), expected);
});
