/**
 * `--no-tune`, and what a command lets a person see of the tuner.
 *
 * @module
 */
import type { EngineOptions } from "../../backend/backend.ts";
import { Interrupted } from "../../errors.ts";
import { switchFlag } from "../../recipe/flag.ts";
import type { StatusLine } from "./terminal.ts";

/** The flag of commands that compute convolutions. */
export const NO_TUNE = switchFlag(
  "no-tune",
  "do not time this GPU's ways to compute a convolution: take what is usually fast on its kind",
);

/**
 * The engine's options by that flag; what the engine tells is shown on `status`.
 *
 * @param signal ends the timing, which may take minutes, with {@linkcode Interrupted}
 */
export function tuningOptions(
  noTune: boolean | undefined,
  status: StatusLine,
  signal?: AbortSignal,
): EngineOptions {
  return {
    tune: noTune !== true,
    onNote: (note) => status.print(`note: ${note}`),
    onProgress(text) {
      if (signal?.aborted) throw new Interrupted("Stopped; what was timed so far is kept.");
      status.update(text);
    },
  };
}
