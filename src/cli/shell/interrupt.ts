/**
 * Ctrl-C: the first asks the work to stop at a safe place, a second one ends the process at once.
 *
 * @module
 */

/** Runs `work` with a signal that SIGINT (and SIGTERM) aborts. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) Deno.exit(130);
    controller.abort();
    console.error("\nStopping at the next safe place; Ctrl-C again ends it at once.");
  };
  // Windows knows no SIGTERM to listen to.
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, stop);
  }
}
