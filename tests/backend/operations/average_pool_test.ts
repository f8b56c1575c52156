import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { globalAveragePool } from "../../../src/backend/operations/average_pool.ts";
import { eachBackend } from "../../testing/backends.ts";
import { read } from "../../testing/tensors.ts";

eachBackend("globalAveragePool() gives the means and their gradient", async () => {
  const x = tf.tensor4d([1, 10, 2, 20, 3, 30, 6, 40, 5, 0, 5, 0, 5, 0, 5, 4], [2, 2, 2, 2]);
  const slopes = tf.tensor2d([4, 8, 12, -4], [2, 2]);
  const { value, grad } = tf.valueAndGrad((x) => globalAveragePool(x as tf.Tensor4D))(x, slopes);
  tf.dispose([x, slopes]);
  assert.deepEqual([value.shape, grad.shape], [[2, 2], [2, 2, 2, 2]]);
  assert.deepEqual([...await read(value)], [3, 25, 5, 1]);
  assert.deepEqual([...await read(grad)], [1, 2, 1, 2, 1, 2, 1, 2, 3, -1, 3, -1, 3, -1, 3, -1]);
});
