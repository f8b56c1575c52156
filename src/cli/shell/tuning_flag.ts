/**
 * `--no-tune`, and what a command lets a person see of the tuner.
 *
 * @module
 */
import type { EngineOptions } from "../../backend/backend.ts";
import { type EngineObserver, observedOptions } from "../../backend/observed.ts";
import { switchFlag } from "../../recipe/flag.ts";
import { type StatusLine, WARNING } from "./terminal.ts";

/** The flag of commands that compute convolutions. */
export const NO_TUNE = switchFlag(
  "no-tune",
  "do not time this GPU's ways to compute a convolution: take what is usually fast on its kind",
);

/** The engine's options by that flag; what the engine tells is shown on `status`. */
export function tuningOptions(noTune: boolean | undefined, status: StatusLine): EngineOptions {
  return observedOptions(noTune !== true, shownOn(status));
}

/** What an engine tells, shown on `status`. */
export function shownOn(status: StatusLine): Required<EngineObserver> {
  return {
    onNote: (note) => status.print(note.startsWith(WARNING) ? note : `note: ${note}`),
    onStatus: (text) => status.update(text),
  };
}
