import assert from "node:assert/strict";
import fc from "fast-check";
import { philox4x32 } from "../../src/random/philox.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";

const DRAWS = 100_000;

/** The first `n` results of `draw`. */
function collect(n: number, draw: () => number): number[] {
  return Array.from({ length: n }, draw);
}

/** First moments of a sample: mean, variance, skewness, kurtosis. */
function moments(sample: readonly number[]) {
  const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
  const central = (power: number) =>
    sample.reduce((sum, value) => sum + (value - mean) ** power, 0) / sample.length;
  const variance = central(2);
  return {
    mean,
    variance,
    skewness: central(3) / variance ** 1.5,
    kurtosis: central(4) / variance ** 2,
  };
}

Deno.test("Stream.word() reads Philox at the counter (block, a, b, c) under the key (seed, purpose)", () => {
  const stream = new Stream(11, Purpose.split, 2, 3, 0xffffffff);
  for (let block = 0; block < 3; block++) {
    const expected = new Uint32Array(4);
    philox4x32([block, 2, 3, 0xffffffff], [11, Purpose.split], expected);
    assert.deepEqual(collect(4, () => stream.word()), [...expected]);
  }
});

Deno.test("Stream replays the same draws from the same coordinates", () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(
      word,
      fc.constantFrom(...Object.values(Purpose)),
      fc.tuple(word, word, word),
      (seed, purpose, [a, b, c]) => {
        const draws = () => {
          const stream = new Stream(seed, purpose, a, b, c);
          return [stream.uniform(), stream.normal(), stream.integer(9), stream.normal()];
        };
        assert.deepEqual(draws(), draws());
      },
    ),
    { seed: 2, numRuns: 100 },
  );
});

Deno.test("Stream shares no draw between purposes, seeds or coordinates", () => {
  const streams = Object.values(Purpose).map((purpose) => new Stream(1, purpose));
  for (const seed of [0, 2, 0xffffffff]) streams.push(new Stream(seed, Purpose.shuffle));
  for (const at of [1, 2, 256]) {
    streams.push(new Stream(1, Purpose.shuffle, at));
    streams.push(new Stream(1, Purpose.shuffle, 0, at));
    streams.push(new Stream(1, Purpose.shuffle, 0, 0, at));
  }
  const pairs = streams.flatMap((stream) => {
    const words = collect(16, () => stream.word());
    return words.slice(1).map((word, i) => `${words[i]} ${word}`);
  });
  assert.equal(new Set(pairs).size, pairs.length);
  assert.equal(new Set(Object.values(Purpose)).size, Object.keys(Purpose).length);
});

Deno.test("Stream keeps two coordinates' draws uncorrelated", () => {
  const first = new Stream(1, Purpose.augmentation, 1, 0);
  const second = new Stream(1, Purpose.augmentation, 1, 1);
  let product = 0;
  for (let i = 0; i < DRAWS; i++) product += (first.uniform() - 0.5) * (second.uniform() - 0.5);
  const correlation = 12 * product / DRAWS;
  assert.ok(Math.abs(correlation) < 4 / Math.sqrt(DRAWS), `${correlation}`);
});

Deno.test("Stream.uniform() is in [0, 1), exact in float32 and evenly spread", () => {
  const stream = new Stream(3, Purpose.synthetic);
  const sample = collect(DRAWS, () => stream.uniform());
  for (const value of sample) assert.ok(value >= 0 && value < 1 && Math.fround(value) === value);
  const { mean, variance } = moments(sample);
  assert.ok(Math.abs(mean - 1 / 2) < 0.004, `mean ${mean}`);
  assert.ok(Math.abs(variance - 1 / 12) < 0.001, `variance ${variance}`);
});

Deno.test("Stream.uniform() takes the word's upper 24 bits", () => {
  const words = new Stream(3, Purpose.synthetic), stream = new Stream(3, Purpose.synthetic);
  for (let i = 0; i < 8; i++) assert.equal(stream.uniform() * 2 ** 24, words.word() >>> 8);
});

for (const n of [1, 2, 9, 10, 1000]) {
  Deno.test(`Stream.integer() takes each of ${n} values equally often`, () => {
    const stream = new Stream(4, Purpose.augmentation, n);
    const counts = new Array<number>(n).fill(0);
    for (let i = 0; i < DRAWS; i++) counts[stream.integer(n)]!++;
    const expected = DRAWS / n;
    const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // The statistic has mean n − 1 and variance 2(n − 1).
    const limit = (n - 1) + 4 * Math.sqrt(2 * (n - 1));
    assert.equal(counts.length, n);
    assert.ok(chiSquared <= limit, `chi² ${chiSquared} exceeds ${limit}`);
  });
}

Deno.test("Stream.integer() has no modulo bias where n is near 2^32", () => {
  // Without rejection a remainder by 3·2^30 falls in its lower third half the time, not a third of it.
  const n = 3 * 2 ** 30, stream = new Stream(5, Purpose.augmentation);
  const low = collect(DRAWS, () => stream.integer(n)).filter((value) => value < n / 3).length;
  assert.ok(Math.abs(low / DRAWS - 1 / 3) < 0.006, `${low / DRAWS}`);
  const words = new Stream(6, Purpose.augmentation), all = new Stream(6, Purpose.augmentation);
  for (let i = 0; i < 8; i++) assert.equal(all.integer(2 ** 32), words.word());
});

Deno.test("Stream.normal() has a standard normal's moments, values in a row independent", () => {
  const stream = new Stream(7, Purpose.attackStart);
  const sample = collect(DRAWS, () => stream.normal());
  const { mean, variance, skewness, kurtosis } = moments(sample);
  assert.ok(Math.abs(mean) < 0.013, `mean ${mean}`);
  assert.ok(Math.abs(variance - 1) < 0.018, `variance ${variance}`);
  assert.ok(Math.abs(skewness) < 0.031, `skewness ${skewness}`);
  assert.ok(Math.abs(kurtosis - 3) < 0.062, `kurtosis ${kurtosis}`);
  // The two values of one Box–Muller pair.
  const product = sample.slice(1).reduce((sum, value, i) => sum + value * sample[i]!, 0) / DRAWS;
  assert.ok(Math.abs(product) < 0.013, `correlation ${product}`);
  assert.ok(sample.every(Number.isFinite));
});

Deno.test("Stream.permutation() is a permutation of 0..n-1", () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(), (n, seed) => {
      const order = new Stream(seed, Purpose.shuffle).permutation(n);
      assert.deepEqual([...order].sort((a, b) => a - b), collect(n, () => 0).map((_, i) => i));
    }),
    { seed: 3, numRuns: 100 },
  );
});

Deno.test("Stream.permutation() gives all 24 orders of four equally often", () => {
  const counts = new Map<string, number>();
  const runs = 24_000;
  for (let epoch = 0; epoch < runs; epoch++) {
    const order = new Stream(1, Purpose.shuffle, epoch).permutation(4).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  for (const [order, count] of counts) {
    assert.ok(Math.abs(count - runs / 24) < 140, `${order} came ${count} times`);
  }
});
