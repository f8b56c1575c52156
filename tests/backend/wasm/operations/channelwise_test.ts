import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { onWasm } from "../../../testing/device.ts";
import { read } from "../../../testing/tensors.ts";
import { normals } from "../assembly/kernels_support.ts";

const SHAPE = [3, 8, 9, 20], VALUES = 4320;

/** The shapes that repeat into {@linkcode SHAPE}, and some that do not. */
const OTHERS = [[20], [1, 1, 1, 20], [9, 20], [], [3, 8, 9, 20], [1, 8, 1, 20], [3, 1, 1, 1]];

for (const name of ["add", "sub", "mul"] as const) {
  onWasm(`tf.${name}() of a large tensor and one that repeats is what tfjs computes`, async () => {
    const scalar = {
      add: (a: number, b: number) => a + b,
      sub: (a: number, b: number) => a - b,
      mul: (a: number, b: number) => a * b,
    }[name];
    const large = normals(VALUES, 1);
    for (const shape of OTHERS) {
      const size = shape.reduce((a, b) => a * b, 1), small = normals(size, 2);
      const padded = [...Array(4 - shape.length).fill(1), ...shape] as number[];
      const at = (i: number) => {
        let place = 0;
        for (let axis = 0, left = i, stride = VALUES; axis < 4; axis++) {
          stride /= SHAPE[axis]!;
          const index = Math.floor(left / stride);
          left -= index * stride;
          place = place * padded[axis]! + index % padded[axis]!;
        }
        return small[place]!;
      };
      const [ab, ba] = tf.tidy(() => {
        const a = tf.tensor(large, SHAPE), b = tf.tensor(small, shape);
        return [tf[name](a, b), tf[name](b, a)];
      });
      assert.deepEqual([ab!.shape, ba!.shape], [SHAPE, SHAPE]);
      assert.deepEqual(await read(ab!), large.map((value, i) => scalar(value, at(i))));
      assert.deepEqual(await read(ba!), large.map((value, i) => scalar(at(i), value)));
    }
  });
}

onWasm("tf.tile() and tf.sum() over images are what tfjs computes", async () => {
  const row = normals(20, 1), large = normals(VALUES, 2);
  const [tiled, summed, kept] = tf.tidy(() => [
    tf.tile(tf.tensor(row, [1, 1, 1, 20]), [3, 8, 9, 1]),
    tf.sum(tf.tensor(large, SHAPE), [0, 1, 2]),
    tf.sum(tf.tensor(large, SHAPE), [1, 2], true),
  ]);
  assert.deepEqual([tiled!.shape, summed!.shape, kept!.shape], [SHAPE, [20], [3, 1, 1, 20]]);
  assert.deepEqual(
    await read(tiled!),
    Float32Array.from({ length: VALUES }, (_, i) => row[i % 20]!),
  );
  const sums = new Float64Array(20);
  large.forEach((value, i) => sums[i % 20]! += value);
  assert.deepEqual(await read(summed!), Float32Array.from(sums));
  const first = new Float64Array(20);
  large.subarray(0, 1440).forEach((value, i) => first[i % 20]! += value);
  assert.deepEqual((await read(kept!)).slice(0, 20), Float32Array.from(first));
});
