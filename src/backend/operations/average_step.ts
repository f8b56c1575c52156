/**
 * A step of an average of weights over kernels that every engine provides: one for a tensor, or one for all of them where
 * an engine has it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../backend.ts";
import { runKernel } from "./run_kernel.ts";

/** `{average, value, share []} → average`, see {@linkcode moveTowards}. */
export const AVERAGE_STEP = "MemlossAverageStep";
/** `{share, a0, t0, a1, …}, {count} → [a0, a1, …]`: {@linkcode AVERAGE_STEP} for `count` tensors. */
export const AVERAGE_STEPS = "MemlossAverageSteps";

/**
 * Puts `a + share · (b − a)` in the place of every tensor `a` of `averages`, for the `b` of its name. The old ones stay the
 * caller's, who must not read them any more: where a step is replayed the new values have taken their memory.
 *
 * @param tensors under the names of `averages`
 */
export function moveTowards(averages: TensorMap, tensors: TensorMap, share: tf.Scalar): void {
  const names = [...averages.keys()];
  const pairs = names.map((name) => [averages.get(name)!, tensors.get(name)!] as const);
  const moved = tf.getKernel(AVERAGE_STEPS, tf.getBackend())
    ? runKernel(AVERAGE_STEPS, {
      share,
      ...Object.fromEntries(
        pairs.flatMap(([average, value], i) => [[`a${i}`, average], [`t${i}`, value]]),
      ),
    }, { count: names.length })
    : pairs.flatMap(([average, value]) => runKernel(AVERAGE_STEP, { average, value, share }, {}));
  names.forEach((name, i) => averages.set(name, moved[i]!));
}
