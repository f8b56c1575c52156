import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { onWasm } from "../../../testing/device.ts";
import { largestError } from "../../../testing/numbers.ts";
import { normals } from "../assembly/kernels_support.ts";

/** Largest error as a share of the largest value. */
const TOLERANCE = 5e-6;
const anySize = fc.integer({ min: 1, max: 20 });

/** The element `(i, j)` of a matrix, or of its transpose. */
function element(values: Float32Array, columns: number, i: number, j: number, transposed: boolean) {
  return transposed ? values[j * columns + i]! : values[i * columns + j]!;
}

onWasm("tf.matMul() agrees with float64 on any shape, transposed or not", () => {
  fc.assert(
    fc.property(anySize, anySize, anySize, fc.boolean(), fc.boolean(), (m, k, n, ta, tb) => {
      const left = normals(m * k, 1), right = normals(k * n, 2);
      const [leftShape, rightShape] = [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]];
      const product = tf.tidy(() =>
        tf.matMul(tf.tensor(left, leftShape), tf.tensor(right, rightShape), ta, tb).dataSync()
      );
      const expected = Array.from({ length: m * n }, (_, at) => {
        const i = Math.floor(at / n), j = at % n;
        return Array.from(
          { length: k },
          (_, l) =>
            element(left, leftShape[1]!, i, l, ta) * element(right, rightShape[1]!, l, j, tb),
        )
          .reduce((sum, term) => sum + term, 0);
      });
      assert.ok(largestError(product as Float32Array, expected) <= TOLERANCE);
    }),
    { seed: 1, numRuns: 60 },
  );
});

onWasm("tf.matMul() leaves batches of matrices to tfjs", () => {
  tf.tidy(() => {
    const product = tf.matMul(tf.ones([2, 1, 3]), tf.ones([2, 3, 1]));
    assert.deepEqual([...product.dataSync()], [3, 3]);
  });
});
