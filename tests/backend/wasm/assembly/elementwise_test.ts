import assert from "node:assert/strict";
import { Purpose, Stream } from "../../../../src/random/stream.ts";
import { KernelBench } from "../../../testing/wasm/kernels.ts";

/** Values per slice. */
const SLICE = 16384;
/** Within a vector, at and around the end of a slice, and in the middle of the third. */
const SIZES = [1, 3, 4, 7, SLICE - 1, SLICE, SLICE + 2, 2 * SLICE + 4097];
const BUILDS = ["relaxed", "strict"] as const;
const MEGABYTES = 16;
const f = Math.fround;

function normals(size: number, seed: number): Float32Array {
  const stream = new Stream(seed, Purpose.synthetic);
  return Float32Array.from({ length: size }, () => stream.normal());
}

/** Runs `kernel` on all slices of `size` values, the last first. */
function runBackwards(
  bench: KernelBench,
  kernel: string,
  words: Parameters<KernelBench["run"]>[1],
  size: number,
): void {
  const slices = Math.ceil(size / SLICE);
  bench.run(kernel, words, slices, [...Array(slices).keys()].reverse());
}

Deno.test("add() gives the rounded sums when the size is no multiple of a slice", () => {
  for (const size of SIZES) {
    const a = normals(size, 1), b = normals(size, 2);
    const bench = new KernelBench("relaxed", MEGABYTES), y = bench.array(size);
    runBackwards(bench, "add", [bench.array(a), bench.array(b), y, size], size);
    assert.deepEqual(bench.read(y, size), a.map((value, i) => value + b[i]!));
  }
});

Deno.test("multiplyColumns() gives the rounded products when columns are cut by slices", () => {
  for (const size of SIZES) {
    for (const c of [1, 3, 10, 64, 20_001]) {
      const x = normals(size, 1), s = normals(c, 2);
      const bench = new KernelBench("relaxed", MEGABYTES), y = bench.array(size);
      runBackwards(bench, "multiplyColumns", [bench.array(x), bench.array(s), y, size, c], size);
      assert.deepEqual(bench.read(y, size), x.map((value, i) => value * s[i % c]!));
    }
  }
});

Deno.test("signStep() gives the bits of float32 arithmetic when the build may fuse others", () => {
  const stepSize = 2 / 255, epsilon = 8 / 255;
  for (const build of BUILDS) {
    for (const size of SIZES) {
      const stream = new Stream(1, Purpose.synthetic);
      const x = Float32Array.from({ length: size }, () => stream.uniform());
      // Up to twice as far as the ball reaches: every bound is hit.
      const adversarial = x.map((value) => value + 4 * epsilon * (stream.uniform() - 0.5));
      const slope = normals(size, 2).map((value, i) => i % 5 === 0 ? 0 : i % 7 === 0 ? NaN : value);
      const bench = new KernelBench(build, MEGABYTES), y = bench.array(size);
      const words = [
        ...[x, adversarial, slope].map((values) => bench.array(values)),
        ...[y, size, { real: stepSize }, { real: epsilon }],
      ];
      runBackwards(bench, "signStep", words, size);
      const expected = x.map((centre, i) => {
        const sign = Number(slope[i]! > 0) - Number(slope[i]! < 0);
        const moved = f(adversarial[i]! + f(f(stepSize) * sign));
        const above = Math.max(moved, f(centre - f(epsilon)));
        const inBall = Math.min(above, f(centre + f(epsilon)));
        return Math.min(Math.max(inBall, 0), 1);
      });
      assert.deepEqual(bench.read(y, size), expected);
    }
  }
});

Deno.test("signStep() keeps a NaN when an image has one", () => {
  const bench = new KernelBench("relaxed", MEGABYTES), y = bench.array(2);
  const x = bench.array([0.5, NaN]), adversarial = bench.array([NaN, 0.5]);
  const slope = bench.array([1, -1]);
  bench.run("signStep", [x, adversarial, slope, y, 2, { real: 0.1 }, { real: 0.2 }], 1);
  assert.deepEqual([...bench.read(y, 2)], [NaN, NaN]);
});

const LR = 0.1, MOMENTUM = 0.9, WEIGHT_DECAY = 5e-4;

/** One step in float32 arithmetic: the new weight and the new velocity. */
function sgdStep(weight: number, gradient: number, velocity: number, nesterov: boolean) {
  const g = f(gradient + f(weight * f(WEIGHT_DECAY)));
  const next = f(f(velocity * f(MOMENTUM)) + g);
  const direction = nesterov ? f(g + f(next * f(MOMENTUM))) : next;
  return [f(weight - f(direction * f(LR))), next] as const;
}

/** Both variants of the kernel on `size` values; in place or to new memory. */
function assertSgd(build: typeof BUILDS[number], size: number, inPlace: boolean): void {
  const weight = normals(size, 1), gradient = normals(size, 2), velocity = normals(size, 3);
  for (const nesterov of [false, true]) {
    const bench = new KernelBench(build, MEGABYTES);
    const w = bench.array(weight), v = bench.array(velocity);
    const newWeight = inPlace ? w : bench.array(size);
    const newVelocity = inPlace ? v : bench.array(size);
    const words = [
      ...[w, bench.array(gradient), v, newWeight, newVelocity, size],
      ...[{ real: LR }, { real: MOMENTUM }, { real: WEIGHT_DECAY }, Number(nesterov)],
    ];
    runBackwards(bench, "sgd", words, size);
    const expected = Array.from(
      weight,
      (value, i) => sgdStep(value, gradient[i]!, velocity[i]!, nesterov),
    );
    const column = (k: 0 | 1) => Float32Array.from(expected, (pair) => pair[k]);
    assert.deepEqual(bench.read(newWeight, size), column(0));
    assert.deepEqual(bench.read(newVelocity, size), column(1));
  }
}

Deno.test("sgd() gives the bits of float32 arithmetic when the build may fuse others", () => {
  for (const build of BUILDS) {
    for (const size of SIZES) assertSgd(build, size, false);
  }
});

Deno.test("sgd() gives the same bits when new values take the old ones' place", () => {
  for (const size of [7, SLICE + 2]) assertSgd("relaxed", size, true);
});

Deno.test("silu() and siluGradient() give each build the same bits, wherever slices end, and keep a NaN", () => {
  for (const size of SIZES) {
    const x = normals(size, 1).map((value, i) => i === 2 ? NaN : 6 * value);
    const dy = normals(size, 2);
    const [first, second] = BUILDS.map((build) => {
      const bench = new KernelBench(build, MEGABYTES),
        y = bench.array(size),
        dx = bench.array(size);
      const place = bench.array(x);
      runBackwards(bench, "silu", [place, y, size], size);
      runBackwards(bench, "siluGradient", [place, bench.array(dy), dx, size], size);
      return [bench.read(y, size), bench.read(dx, size)] as const;
    });
    assert.deepEqual(second, first);
    x.forEach((value, i) => {
      const share = 1 / (1 + Math.exp(-value));
      const near = (actual: number, expected: number) =>
        Object.is(actual, expected) || Math.abs(actual - expected) <= 1e-6 * Math.abs(value) + 1e-7;
      assert.ok(near(first![0][i]!, value * share), `${value}`);
      const slope = dy[i]! * share * (1 + value * (1 - share));
      assert.ok(
        Number.isNaN(slope) || Math.abs(first![1][i]! - slope) <= 2e-6 * Math.abs(dy[i]!),
        `${value}`,
      );
    });
    if (size > 2) assert.ok(Number.isNaN(first![0][2]) && Number.isNaN(first![1][2]));
  }
});

Deno.test("averageStep() gives the bits of float32 arithmetic when the build may fuse others", () => {
  for (const build of BUILDS) {
    for (const size of SIZES) {
      const bench = new KernelBench(build, MEGABYTES), share = 0.001;
      const a = normals(size, 1), b = normals(size, 2), y = bench.array(size);
      const words = [bench.array(a), bench.array(b), y, size, { real: share }];
      runBackwards(bench, "averageStep", words, size);
      const expected = a.map((value, i) => f(value + f(f(b[i]! - value) * f(share))));
      assert.deepEqual(bench.read(y, size), expected);
    }
  }
});
