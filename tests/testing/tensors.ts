/**
 * Small moves between arrays and the device.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneHot } from "../../src/model/inputs.ts";
import type { Fixture } from "./fixture.ts";

/** The values of `tensor`, which is freed. */
export async function read(tensor: tf.Tensor): Promise<Float32Array> {
  const values = await tensor.data<"float32">();
  tensor.dispose();
  return values;
}

/** What `reference` calls `name`, in float32 on the device. */
export function upload<R extends tf.Rank>(reference: Fixture, name: string): tf.Tensor<R> {
  const shape = [...reference.tensors.get(name)!.shape];
  const tensor: tf.Tensor = tf.tensor(Float32Array.from(reference.values(name)), shape);
  return tensor as tf.Tensor<R>;
}

/** The labels `y` of `reference`, one-hot `[N,10]`. */
export function labelsOf(reference: Fixture, name = "y"): tf.Tensor2D {
  return oneHot(Uint8Array.from(reference.integers(name)), 10);
}

/** `softplus(4z)/4`: smooth, so that rounding cannot switch a unit on or off as it can a ReLU. */
export function softplus(z: tf.Tensor4D): tf.Tensor4D {
  return tf.div(tf.softplus(tf.mul(z, 4)), 4);
}
