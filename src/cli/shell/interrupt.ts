/**
 * Signals that ask the work to stop at a safe place: Ctrl-C, a scheduler's notice, a terminal that is closed. They may come
 * as often as they like; only a second Ctrl-C from a terminal ends the process at once.
 *
 * @module
 */
import { printMessage } from "./output.ts";

/**
 * Milliseconds after the first Ctrl-C in which a second one is the same: `deno task` forwards what its process group has
 * had already.
 */
const SAME_INTERRUPT = 1000;
/** Milliseconds in which a signal that waits for this thread is handled. */
const TURN = 50;

/** Runs `work` with a signal that is aborted when the process is asked to stop. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const terminal = [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
  const stop = () => {
    if (controller.signal.aborted) return;
    controller.abort();
    printMessage(
      `\nStopping at the next safe place${terminal ? "; Ctrl-C again ends it at once." : "."}`,
    );
  };
  const force = forcing(() => {
    printMessage("Ended at once: what was not saved before is lost.");
    Deno.exit(130);
  });
  const hangUp = outlivesTerminal(terminal) ? () => {} : stop;
  const listeners: [Deno.Signal, () => void][] = [
    ["SIGINT", () => {
      stop();
      if (terminal) force();
    }],
    ["SIGTERM", stop],
    ["SIGHUP", hangUp],
    // Schedulers send SIGUSR1 when they are told to give notice: `sbatch --signal=USR1@90`.
    [Deno.build.os === "windows" ? "SIGBREAK" : "SIGUSR1", stop],
  ];
  for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);
  try {
    return await work(controller.signal);
  } finally {
    // Signals that come while a stopped process says what it has saved must not end it before that.
    if (!controller.signal.aborted) {
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
    }
  }
}

/**
 * What to call for every Ctrl-C: from the second on, it calls `end`, unless that is the first one over again. When a signal
 * came is not known, only when this thread, which may compute for seconds, gets to it. So what counts is not the time
 * between two calls: after the first one's second, the thread must have been free to handle what had come by then.
 */
function forcing(end: () => void): () => void {
  let calls = 0, armed = false;
  return () => {
    if (armed) end();
    if (calls++ > 0) return;
    const turn = setTimeout(
      () => Deno.unrefTimer(setTimeout(() => armed = true, TURN)),
      SAME_INTERRUPT,
    );
    Deno.unrefTimer(turn);
  };
}

/**
 * Whether the process looks as if `nohup` had started it, and is to work on when the terminal is closed: it has one, but no
 * stream on it. That SIGHUP was to be ignored cannot be seen: Deno itself has taken it over.
 */
function outlivesTerminal(terminal: boolean): boolean {
  if (terminal) return false;
  try {
    Deno.openSync("/dev/tty").close();
    return true;
  } catch {
    return false;
  }
}
