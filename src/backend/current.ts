/**
 * tfjs's current backend, which all of its operations use: an engine takes the place when it is opened, and gives it back
 * when it is closed.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { KernelBackend } from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";

/**
 * Refuses to open the engine `name` while one of that name is open: tfjs would go on computing with the first.
 *
 * @throws {UsageError} if one is
 */
export function refuseSecond(name: string): void {
  if (!tf.findBackendFactory(name)) return;
  throw new UsageError(
    "An engine of this kind is open in this process already: close() it before another run, evaluation or engine.",
  );
}

/**
 * Makes `backend` tfjs's current one, as `name`.
 *
 * @returns what removes it again, after which the one before is current if it is still open
 * @throws {UsageError} if an engine of that name is open
 */
export async function makeCurrent(name: string, backend: KernelBackend): Promise<() => void> {
  refuseSecond(name);
  const before = tf.getBackend();
  tf.registerBackend(name, () => backend);
  await tf.setBackend(name);
  return () => {
    const wasCurrent = tf.getBackend() === name;
    tf.removeBackend(name);
    if (wasCurrent && tf.findBackendFactory(before)) void tf.setBackend(before);
  };
}

/** `close` for the first call alone: at a later one its engine's name may be another's. */
export function once(close: () => void): () => void {
  let open = true;
  return () => {
    if (open) close();
    open = false;
  };
}
