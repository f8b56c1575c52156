import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import type { TensorEngine } from "../../../../src/backend/wasm/tensors.ts";
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

onWasm("tf.matMul() multiplies by one matrix in two shapes", () => {
  tf.tidy(() => {
    const wide = tf.tensor2d(Array.from({ length: 24 }, (_, i) => i), [4, 6]);
    const first = tf.matMul(tf.ones([2, 4]), wide).dataSync();
    assert.deepEqual([...first.slice(0, 6)], [36, 40, 44, 48, 52, 56]);
    const tall = tf.reshape(wide, [6, 4]);
    const second = tf.matMul(tf.ones([2, 6]), tall).dataSync();
    assert.deepEqual([...second.slice(0, 4)], [60, 66, 72, 78]);
  });
});

onWasm("tf.matMul() leaves what its kernels have no room for to tfjs", () => {
  for (let time = 0; time < 2; time++) { // what would be overwritten differs
    tf.tidy(() => {
      const beside = tf.add(tf.ones([5000]), 1), terms = 600_000, columns = 12_000;
      const right = tf.fill([terms, 3], 0.5);
      const deep = tf.matMul(tf.ones([8, terms]), right).dataSync();
      assert.deepEqual([...deep], Array(24).fill(terms / 2));
      const wide = tf.matMul(tf.ones([64, 4]), tf.fill([64, columns], 0.5), true).dataSync();
      assert.ok(wide.length === 4 * columns && wide.every((value) => value === 32));
      assert.ok(right.dataSync().every((value) => value === 0.5));
      assert.ok(beside.dataSync().every((value) => value === 2));
    });
  }
});

onWasm("tf.matMul() leaves batches of matrices to tfjs", () => {
  tf.tidy(() => {
    const product = tf.matMul(tf.ones([2, 1, 3]), tf.ones([2, 3, 1]));
    assert.deepEqual([...product.dataSync()], [3, 3]);
  });
});

onWasm("the CPU engine's fused product is the product, its bias and its activation", async () => {
  const { heap } = tf.backend() as TensorEngine, used = heap.usedBytes;
  for (
    const activation of ["linear", "relu", "relu6", "elu", "sigmoid", "prelu", "leakyrelu"] as const
  ) {
    for (const [n, transposeB] of [[5, false], [700, true]] as const) {
      const before = tf.memory().numTensors;
      const [fused, composed] = tf.tidy(() => {
        const a = tf.tensor2d(normals(7 * 9, 1), [7, 9]);
        const b = tf.tensor2d(normals(9 * n, 2), transposeB ? [n, 9] : [9, n]);
        const bias = tf.tensor1d(normals(n, 3)), alpha = tf.tensor1d(normals(n, 4));
        const sum = tf.add(tf.matMul(a, b, false, transposeB), bias);
        return [
          tf.fused.matMul({
            ...{ a, b, transposeA: false, transposeB, bias, activation },
            ...activation === "prelu" && { preluActivationWeights: alpha },
            ...activation === "leakyrelu" && { leakyreluAlpha: 0.3 },
          }),
          {
            linear: () => sum,
            relu: () => tf.relu(sum),
            relu6: () => tf.relu6(sum),
            elu: () => tf.elu(sum),
            sigmoid: () => tf.sigmoid(sum),
            prelu: () => tf.prelu(sum, alpha),
            leakyrelu: () => tf.leakyRelu(sum, 0.3),
          }[activation](),
        ];
      });
      assert.deepEqual(fused!.shape, [7, n]);
      assert.equal(tf.memory().numTensors, before + 2);
      const [ours, expected] = [await fused!.data(), await composed!.data()];
      assert.ok(largestError(ours as Float32Array, expected) <= TOLERANCE, activation);
      tf.dispose([fused!, composed!]);
      assert.equal(heap.usedBytes, used, `${activation} leaves nothing on the heap`);
    }
  }
});
