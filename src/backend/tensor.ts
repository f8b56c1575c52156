/**
 * tfjs's tensors as the library's signatures name them.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** A number on the device. */
export type Scalar = tf.Scalar;
/** A value for every example, `[N]`. */
export type Tensor1D = tf.Tensor1D;
/** A row for every example, such as its logits `[N,classes]`. */
export type Tensor2D = tf.Tensor2D;
/** Images, `[N,height,width,channels]`. */
export type Tensor4D = tf.Tensor4D;
/** A tensor of any shape. */
export type Tensor = tf.Tensor;
/** Tensors by name. */
export type NamedTensorMap = tf.NamedTensorMap;
