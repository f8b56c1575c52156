/**
 * Projected gradient descent (Madry et al. 2018) in the L∞ and L2 balls around an image.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { signStep } from "../backend/operations/sign_step.ts";
import type { Scalar, Tensor2D, Tensor4D } from "../backend/tensor.ts";
import type { AttackLoss } from "./attack_loss.ts";
import type { PgdOptions } from "./options.ts";

/** Images `[N,H,W,channels]` to logits `[N,C]`, differentiable. */
export type LogitsFunction = (x: Tensor4D) => Tensor2D;

/** Below this L2 norm a gradient counts as zero and is replaced by noise. */
const SMALLEST_GRADIENT = 1e-20;

/**
 * Maximises `loss` over the ball around `x`, from `start`: per step
 * `x' ← clip_[0,1](Π_ball(x' + stepSize · direction))`, where `direction` is the gradient's sign (L∞, `sign(0) = 0`) or
 * the gradient at unit length (L2).
 *
 * @example A linear model of grey images
 * ```ts
 * import { crossEntropyAttack, oneHot, openBackend, pgd } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const weights = tf.randomNormal<tf.Rank.R2>([64, 4]);
 * const network = (x: tf.Tensor4D) => tf.matMul<tf.Tensor2D>(tf.reshape(x, [-1, 64]), weights);
 * const images = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 1]);
 * const loss = crossEntropyAttack(oneHot(Uint8Array.of(3, 1), 4));
 * const options = { norm: "linf", epsilon: 8 / 255, stepSize: 2 / 255, steps: 10 } as const;
 * const adversarial = pgd(network, images, images, loss, options);
 * const [largest] = await tf.max(tf.abs(tf.sub(adversarial, images))).data();
 * assert.ok(largest! <= 8 / 255 + 1e-6);
 * backend.close();
 * ```
 *
 * @param x clean images `[N,H,W,channels]` in [0,1]
 * @param start where to begin, same shape; need not lie in the ball
 * @param noise standard-normal images, same shape, that replace a vanished L2 gradient; not called in L∞.
 *   Drawn by tfjs unless given, other ones each time.
 * @param onLoss told the loss that each step began at, which its gradient has for nothing; not to be disposed
 * @returns adversarial images within `epsilon` of `x` and in [0,1]
 */
export function pgd(
  logits: LogitsFunction,
  x: Tensor4D,
  start: Tensor4D,
  loss: AttackLoss,
  options: PgdOptions,
  noise: (step: number) => Tensor4D = () => tf.randomNormal(x.shape),
  onLoss?: (loss: Scalar, step: number) => void,
): Tensor4D {
  const differentiate = tf.valueAndGrad((adversarial) => loss(logits(adversarial as Tensor4D)));
  let adversarial = start.clone();
  for (let step = 0; step < options.steps; step++) {
    const next = tf.tidy(() => {
      const { value, grad } = differentiate(adversarial), slope = grad as Tensor4D;
      onLoss?.(value as Scalar, step);
      if (options.norm === "l2") return stepL2(x, adversarial, slope, options, () => noise(step));
      const { stepSize, epsilon } = options;
      return signStep(x, adversarial, slope, { stepSize, epsilon });
    });
    adversarial.dispose();
    adversarial = next;
  }
  return adversarial;
}

function stepL2(
  x: Tensor4D,
  adversarial: Tensor4D,
  slope: Tensor4D,
  { epsilon, stepSize }: PgdOptions,
  noise: () => Tensor4D,
): Tensor4D {
  // Compared this way round, a NaN counts as vanished too: the loss, not the attack, then tells that the model diverged.
  const usable = tf.greater(l2Norm(slope), SMALLEST_GRADIENT);
  const replaced = tf.where(tf.broadcastTo(usable, slope.shape), slope, noise());
  const unit = tf.div(replaced, l2Norm(replaced));
  const delta = tf.sub(tf.add(adversarial, tf.mul(unit, stepSize)), x) as Tensor4D;
  const length = tf.maximum(l2Norm(delta), epsilon);
  return tf.clipByValue(tf.add(x, tf.mul(delta, tf.div(epsilon, length))), 0, 1);
}

/** L2 norm of every image, `[N,1,1,1]`. */
function l2Norm(images: Tensor4D): Tensor4D {
  const rows = tf.reshape(images, [images.shape[0], -1]);
  return tf.reshape(tf.sqrt(tf.sum(tf.square(rows), 1)), [-1, 1, 1, 1]);
}
