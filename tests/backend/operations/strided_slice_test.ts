import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { registerStridedSliceGradient } from "../../../src/backend/operations/strided_slice.ts";
import { eachBackend } from "../../testing/backends.ts";
import { onWasm } from "../../testing/device.ts";
import { read } from "../../testing/tensors.ts";

const SHAPE = [2, 5, 7, 3], VALUES = 210;
type Arguments = [begin: number[], end: number[], strides: number[], ...masks: number[]];
/** Begin, end, strides and the masks of begin, end, ellipsis, new axes and axes that go. */
const SLICES: Arguments[] = [
  [[0, 1, 2, 0], [2, 4, 6, 3], [1, 1, 1, 1]],
  [[0, 1, 0, 0], [0, 5, 7, 0], [1, 2, 3, 1], 9, 9],
  [[1, -3, 0, 2], [2, -1, 7, 3], [1, 1, 1, 1], 0, 0, 0, 0, 9],
  [[0, 0, 5, 0], [2, 5, 6, 3], [1, 4, 2, 2]],
];

eachBackend(
  "registerStridedSliceGradient() gives every value its slope, and zero to the others",
  async () => {
    registerStridedSliceGradient();
    for (const slice of SLICES) {
      const [picked, slope, gradient] = tf.tidy(() => {
        const x = tf.reshape(tf.range(0, VALUES), SHAPE);
        const cut = (x: tf.Tensor) => tf.stridedSlice(x, ...slice);
        const picked = cut(x), slope = tf.add(tf.mul(picked, 10), 1);
        return [picked, slope, tf.grad(cut)(x, slope)];
      });
      // The slice of 0, 1, 2, … says where each value came from.
      const places = await read(picked!), slopes = await read(slope!);
      const expected = new Float32Array(VALUES);
      places.forEach((place, i) => expected[place] = slopes[i]!);
      assert.deepEqual([gradient!.shape, await read(gradient!)], [SHAPE, expected]);
      assert.ok(places.length > 0);
    }
  },
);

onWasm("registerStridedSliceGradient() refuses slices that go backwards", () => {
  registerStridedSliceGradient();
  const { gradFunc } = tf.getGradient(tf.StridedSlice);
  const none = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
  const backwards = { begin: [4], end: [0], strides: [-1], ...none };
  tf.tidy(() => {
    const gradient = gradFunc(tf.ones([4]), [tf.ones([5])], backwards);
    assert.throws(() => gradient.x!(), {
      message: "Cannot compute gradient: gradient function not found for StridedSlice",
    });
  });
});
