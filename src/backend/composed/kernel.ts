/**
 * What a kernel made of tfjs's own operations is.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** A kernel's inputs by name; optional ones may be absent. */
export type Inputs = Readonly<Record<string, tf.Tensor | undefined>>;

/** Kernels by name. */
export type ComposedKernels = Readonly<
  Record<string, (inputs: Inputs, attributes: tf.NamedAttrMap) => tf.Tensor | tf.Tensor[]>
>;
