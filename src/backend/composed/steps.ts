/**
 * Pooling and the steps of attack and optimiser, written in tfjs operations.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { GLOBAL_AVERAGE_POOL, GLOBAL_AVERAGE_POOL_GRADIENT } from "../operations/average_pool.ts";
import { AVERAGE_STEP } from "../operations/average_step.ts";
import { SGD_STEP, type SgdStepAttributes } from "../operations/sgd_step.ts";
import { SIGN_STEP, type SignStepAttributes } from "../operations/sign_step.ts";
import type { ComposedKernels, Inputs } from "./kernel.ts";

function pool({ x }: Inputs): tf.Tensor {
  return tf.mean(x!, [1, 2]);
}

function poolGradient({ dy }: Inputs, attributes: tf.NamedAttrMap): tf.Tensor {
  const [n, height, width, channels] = attributes.shape as [number, number, number, number];
  const share = tf.div(dy!, height * width);
  return tf.tile(tf.reshape(share, [n, 1, 1, channels]), [1, height, width, 1]);
}

/** The sign is composed of comparisons: `sign(0) = 0` on every backend, and the smallest gradients count. */
function signStep({ x, adversarial, slope }: Inputs, attributes: tf.NamedAttrMap): tf.Tensor {
  const { stepSize, epsilon } = attributes as SignStepAttributes;
  const sign = tf.sub(
    tf.cast(tf.greater(slope!, 0), "float32"),
    tf.cast(tf.less(slope!, 0), "float32"),
  );
  const moved = tf.add(adversarial!, tf.mul(sign, stepSize));
  const projected = tf.minimum(tf.maximum(moved, tf.sub(x!, epsilon)), tf.add(x!, epsilon));
  return tf.clipByValue(projected, 0, 1);
}

function sgdStep(
  { weight, gradient, velocity, rates }: Inputs,
  attributes: tf.NamedAttrMap,
): tf.Tensor[] {
  const { weightDecay, nesterov } = attributes as SgdStepAttributes;
  const [lr, momentum] = tf.split(rates!, 2) as [tf.Tensor, tf.Tensor];
  const decayed = tf.add(gradient!, tf.mul(weight!, weightDecay));
  const speed = tf.add(tf.mul(velocity!, momentum), decayed);
  const direction = nesterov ? tf.add(decayed, tf.mul(speed, momentum)) : speed;
  return [tf.sub(weight!, tf.mul(direction, lr)), speed];
}

function averageStep({ average, value, share }: Inputs): tf.Tensor {
  return tf.add(average!, tf.mul(tf.sub(value!, average!), share!));
}

/** Pooling, the attack's step, the optimiser's, and that of an average. */
export const stepKernels: ComposedKernels = {
  [GLOBAL_AVERAGE_POOL]: pool,
  [GLOBAL_AVERAGE_POOL_GRADIENT]: poolGradient,
  [SIGN_STEP]: signStep,
  [SGD_STEP]: sgdStep,
  [AVERAGE_STEP]: averageStep,
};
