/**
 * The batch-norm kernels written in tfjs operations: they run on any backend. The WebGPU engine uses them until it has
 * shaders of its own, and they are the oracle that faster kernels are tested against.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  BATCH_NORM_APPLY,
  BATCH_NORM_GRADIENT,
  BATCH_NORM_STATISTICS,
  type BatchNormAttributes,
} from "../batch_norm.ts";

type Inputs = Record<string, tf.Tensor>;

/** Mean, then the mean of squared deviations: two passes. */
function statistics({ x }: Inputs): tf.Tensor[] {
  const mean = tf.mean(x!, [0, 1, 2]);
  return [mean, tf.mean(tf.square(tf.sub(x!, mean)), [0, 1, 2])];
}

function inverseDeviation(variance: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.rsqrt(tf.add(variance, epsilon));
}

function apply({ x, mean, variance, gamma, beta }: Inputs, epsilon: number): tf.Tensor {
  const scale = tf.mul(gamma!, inverseDeviation(variance!, epsilon));
  return tf.add(tf.mul(tf.sub(x!, mean!), scale), beta!);
}

/** `dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy · x̂))`, `dγ = Σ dy · x̂`, `dβ = Σ dy`. */
function gradient({ dy, x, mean, variance, gamma }: Inputs, epsilon: number): tf.Tensor[] {
  const inverse = inverseDeviation(variance!, epsilon);
  const normalised = tf.mul(tf.sub(x!, mean!), inverse);
  const dBeta = tf.sum(dy!, [0, 1, 2]);
  const dGamma = tf.sum(tf.mul(dy!, normalised), [0, 1, 2]);
  const count = x!.size / gamma!.size;
  const centred = tf.sub(
    tf.sub(dy!, tf.div(dBeta, count)),
    tf.mul(normalised, tf.div(dGamma, count)),
  );
  return [tf.mul(centred, tf.mul(gamma!, inverse)), dGamma, dBeta];
}

/** Registers the composed kernels for the backend called `backendName`. */
export function registerComposedKernels(backendName: string): void {
  const kernels: Record<string, (inputs: Inputs, epsilon: number) => tf.Tensor | tf.Tensor[]> = {
    [BATCH_NORM_STATISTICS]: statistics,
    [BATCH_NORM_APPLY]: apply,
    [BATCH_NORM_GRADIENT]: gradient,
  };
  for (const [kernelName, compute] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, backendName)) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => compute(inputs as Inputs, (attrs as BatchNormAttributes).epsilon)),
    });
  }
}
