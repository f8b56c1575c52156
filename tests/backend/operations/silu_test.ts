import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { silu } from "../../../src/backend/operations/silu.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { eachBackend } from "../../testing/backends.ts";
import { read } from "../../testing/tensors.ts";

/** Normal values of several sizes, and those at which a power overflows or nothing is left. */
function values(): Float32Array {
  const stream = new Stream(1, Purpose.synthetic), n = 3 * 5 * 7 * 4;
  const wide = [0, 87, -87, 88.5, -88.5, 100, -100, 3e4, -3e4];
  return Float32Array.from({ length: n }, (_, i) => wide[i] ?? stream.normal() * (1 + i % 9));
}

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** Within 5e-7 of its size, and of what rounding does to `1 − σ(x)` times `x`. */
function assertNear(actual: Float32Array, x: Float32Array, expected: (i: number) => number): void {
  actual.forEach((value, i) => {
    const wanted = expected(i), rounding = 4e-7 * (1 + Math.min(20, Math.abs(x[i]!)));
    const tolerance = 5e-7 * Math.abs(wanted) + rounding;
    assert.ok(Math.abs(value - wanted) <= tolerance, `${x[i]}: ${value}, not ${wanted}`);
  });
}

eachBackend("silu() gives x · σ(x) and its gradient, however large x is", async () => {
  const x = values(), shape = [3, 5, 7, 4] as [number, number, number, number];
  const dy = x.map((_, i) => 1 + i % 3);
  const input = tf.tensor4d(x, shape), slopes = tf.tensor4d(dy, shape);
  const y = silu(input);
  const dx = tf.grad((x) => silu(x as tf.Tensor4D))(input, slopes);
  tf.dispose([input, slopes]);
  assertNear(await read(y), x, (i) => x[i]! * sigma(x[i]!));
  assertNear(await read(dx), x, (i) => {
    const share = sigma(x[i]!);
    return dy[i]! * share * (1 + x[i]! * sigma(-x[i]!));
  });
});
