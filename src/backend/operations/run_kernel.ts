/**
 * Kernels of ours, by name, on tfjs's current backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The outputs of the kernel `name`; inputs that are undefined are left out. */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: tf.NamedAttrMap = {},
): tf.Tensor[] {
  const given = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined);
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(
    name,
    Object.fromEntries(given) as tf.NamedTensorMap,
    attributes,
  );
  return Array.isArray(outputs) ? outputs : [outputs];
}
