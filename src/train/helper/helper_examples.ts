/**
 * HAT's helper examples: images further along the attack's way, and the labels that they bear.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { freeze } from "../../model/frozen.ts";
import type { Helper } from "../../run/weights/helper.ts";

/** How far they go along the way to `x'`. */
const REACH = 2;

/** `x + 2(x' − x)`, like `x` `[N,H,W,channels]`. */
export function helperExamples(nat: tf.Tensor4D, adv: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.add(nat, tf.mul(tf.sub(adv, nat), REACH)));
}

/** The classes that the helper, in evaluation mode, takes `x'` for, one-hot `[N,C]`. */
export function helperLabels({ architecture, state }: Helper, adv: tf.Tensor4D): tf.Tensor2D {
  const model = freeze(architecture, state);
  const labels = tf.tidy(() => {
    const logits = model.logits(adv);
    return tf.cast(tf.oneHot(tf.argMax(logits, 1), architecture.classes), "float32") as tf.Tensor2D;
  });
  model.dispose();
  return labels;
}
