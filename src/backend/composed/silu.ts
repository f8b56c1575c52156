/**
 * The kernels of SiLU written in tfjs operations.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { SILU, SILU_GRADIENT } from "../operations/silu.ts";
import type { ComposedKernels } from "./kernel.ts";

/** SiLU. */
export const siluKernels: ComposedKernels = {
  [SILU]: ({ x }) => tf.mul(x!, tf.sigmoid(x!)),
  [SILU_GRADIENT]({ x, dy }) {
    const share = tf.sigmoid(x!);
    return tf.mul(tf.mul(dy!, share), tf.add(tf.mul(x!, tf.sub(1, share)), 1));
  },
};
