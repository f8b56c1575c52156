/**
 * A network whose weights are constants, as one differentiable operation: an engine that has kernels for it runs all
 * layers at once.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** `{x, …weights}, {layers} → [features [N,C], …outputs]`: of every layer, or none if the engine keeps them itself. */
export const FROZEN_FORWARD = "MemlossFrozenForward";
/** `{dy [N,C], x, …outputs "0", "1", …, …weights}, {layers} → dx`. */
export const FROZEN_GRADIENT = "MemlossFrozenGradient";

/**
 * A convolution with bias, and what follows it. Values are numbered: 0 is the network's input, `i + 1` the output of
 * layer `i`.
 */
export interface FrozenLayer {
  /** The weights are called `NAME.weight` (HWIO) and `NAME.bias`. */
  readonly name: string;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
  /** The value that is convolved. */
  readonly input: number;
  /** The value that is added to the result: another layer's output. */
  readonly add?: number;
  /** Whether negative results become zero, after the addition. */
  readonly relu: boolean;
}

/** Whether tfjs's current backend has the kernels. */
export function hasFrozenKernels(): boolean {
  return tf.getKernel(FROZEN_FORWARD, tf.getBackend()) !== undefined;
}

/**
 * The global average pool `[N,C]` of the last layer's output for `x` `[N,H,W,3]`, differentiable in `x`. Padding is
 * `(kernel − 1)/2` on every side.
 *
 * @param weights by name; the gradient with respect to them is not taken
 */
export function frozenFeatures(
  layers: readonly FrozenLayer[],
  weights: tf.NamedTensorMap,
  x: tf.Tensor4D,
): tf.Tensor2D {
  const attributes = { layers } as unknown as tf.NamedAttrMap;
  const features = tf.customGrad((input, save) => {
    const outputs: tf.Tensor[] = tf.engine().runKernel(
      FROZEN_FORWARD,
      { x: input as tf.Tensor, ...weights },
      attributes,
    );
    const [value, ...values] = outputs;
    (save as tf.GradSaveFunc)([input as tf.Tensor, ...values]);
    return {
      value: value!,
      gradFunc(dy: tf.Tensor, [x, ...saved]: tf.Tensor[]) {
        const inputs = { dy, x: x!, ...Object.fromEntries(saved.entries()), ...weights };
        return tf.engine().runKernel(FROZEN_GRADIENT, inputs, attributes) as tf.Tensor;
      },
    };
  });
  return features(x) as tf.Tensor2D;
}
