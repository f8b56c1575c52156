/**
 * Square Attack's proposals in L2, by what the paper says of them (Andriushchenko et al. 2020, algorithm 3): no other
 * implementation that could judge the values runs here.
 */
import assert from "node:assert/strict";
import { distanceBetween } from "../../../src/attack/autoattack/geometry.ts";
import { firstGuessL2, nextGuessL2 } from "../../../src/attack/autoattack/square_l2.ts";
import { squareSide } from "../../../src/attack/autoattack/square_window.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";

const EPSILON = 0.5, SIZE = 32, CHANNELS = 3;
const GREY = new Float32Array(VALUES).fill(0.5);

/** Draws that remember where windows were put. */
function drawsOf(query: number) {
  const stream = new Stream(3, Purpose.square, 0, 0, query);
  const integers: number[] = [];
  return {
    integers,
    sign: () => stream.integer(2) === 0 ? -1 : 1,
    integer(n: number) {
      const value = stream.integer(n);
      integers.push(value);
      return value;
    },
  };
}

function deltaOf(guess: Float32Array): Float64Array {
  return Float64Array.from(guess, (value) => value - 0.5);
}

/** The values of `delta` in a window of one channel. */
function inWindow(
  delta: Float64Array,
  top: number,
  left: number,
  side: number,
  channel: number,
): number[] {
  return Array.from(
    { length: side * side },
    (_, j) => delta[((top + Math.floor(j / side)) * SIZE + left + j % side) * CHANNELS + channel]!,
  );
}

Deno.test("firstGuessL2() fills a grid of 5×5 windows alike, each of them of both signs, at distance ε", () => {
  for (let query = 0; query < 20; query++) {
    const guess = firstGuessL2(GREY, SHAPE, EPSILON, drawsOf(query));
    assert.ok(Math.abs(distanceBetween("l2", guess, GREY) - EPSILON) < 1e-5);
    const delta = deltaOf(guess);
    // Windows of 6 pixels from pixel 1 on; what is left over stays as it was.
    for (const edge of [0, SIZE - 1]) {
      for (let i = 0; i < SIZE; i++) {
        assert.equal(delta[(edge * SIZE + i) * CHANNELS], 0);
        assert.equal(delta[(i * SIZE + edge) * CHANNELS], 0);
      }
    }
    const shapes = new Set<string>();
    for (let row = 0; row < 5; row++) {
      for (let column = 0; column < 5; column++) {
        const channels = Array.from(
          { length: CHANNELS },
          (_, channel) => inWindow(delta, 1 + 6 * row, 1 + 6 * column, 6, channel),
        );
        for (const values of channels) {
          assert.ok(values.some((v) => v > 0) && values.some((v) => v < 0), "opposite bumps");
          const energy = values.reduce((sum, v) => sum + v * v, 0);
          assert.ok(Math.abs(energy - EPSILON ** 2 / 75) < 1e-6, "an equal share of ε²");
          const sign = Math.sign(values[0]!);
          shapes.add(values.map((v) => (sign * v).toFixed(5)).join());
        }
      }
    }
    assert.equal(shapes.size, 2, "upright and turned");
  }
});

Deno.test("nextGuessL2() moves the mass of a second window into a first one, at distance ε", () => {
  let best = firstGuessL2(GREY, SHAPE, EPSILON, drawsOf(0));
  let apart = 0;
  for (let query = 1; query < 60; query++) {
    const share = 0.8 / 2 ** (query % 6), side = Math.max(squareSide(share, SHAPE), 3) | 1;
    const draws = drawsOf(query);
    const next = nextGuessL2({ x: GREY, shape: SHAPE, epsilon: EPSILON, best, share, draws });
    assert.ok(Math.abs(distanceBetween("l2", next, GREY) - EPSILON) < 1e-5);
    const [top, left, otherTop, otherLeft] = draws.integers as [number, number, number, number];
    const before = deltaOf(best), after = deltaOf(next);
    const covers = (t: number, l: number) => (row: number, column: number) =>
      row >= t && row < t + side && column >= l && column < l + side;
    const first = covers(top, left), second = covers(otherTop, otherLeft);
    for (let i = 0; i < VALUES; i++) {
      const row = Math.floor(i / (SIZE * CHANNELS)), column = Math.floor(i / CHANNELS) % SIZE;
      if (first(row, column)) continue;
      // The mass is conserved, so that the rescaling to ε leaves the rest as it was.
      const expected = second(row, column) ? 0 : before[i]!;
      assert.ok(Math.abs(after[i]! - expected) < 1e-5, `query ${query}, value ${i}`);
    }
    if (Math.abs(top - otherTop) >= side || Math.abs(left - otherLeft) >= side) apart++;
    best = next;
  }
  assert.ok(apart > 10, "too few windows that do not overlap");
});

Deno.test("firstGuessL2() and nextGuessL2() stay in [0,1] and in the ball beside its ends", () => {
  const stream = new Stream(4, Purpose.synthetic);
  const x = Float32Array.from({ length: VALUES }, () => stream.integer(3) / 2);
  let guess = firstGuessL2(x, SHAPE, EPSILON, drawsOf(0));
  for (let query = 1; query < 30; query++) {
    assert.ok(guess.every((value) => value >= 0 && value <= 1));
    assert.ok(distanceBetween("l2", guess, x) <= EPSILON + 1e-6);
    const draws = drawsOf(query);
    guess = nextGuessL2({ x, shape: SHAPE, epsilon: EPSILON, best: guess, share: 0.1, draws });
  }
});
