/**
 * What an engine that is being opened lets a person see.
 *
 * @module
 */
import { Interrupted } from "../errors.ts";
import type { EngineOptions } from "./backend.ts";

/** Who watches an engine. */
export interface EngineObserver {
  /** What a person should know, such as timings that cannot be kept; a sentence. */
  onNote?(note: string): void;
  /** What is being done, such as the timing of kernels; the next call replaces it. */
  onStatus?(text: string): void;
}

/**
 * The engine's options so that `observer` is told.
 *
 * @param tune whether to time a GPU's ways to compute a convolution
 * @param signal ends that timing, which may take minutes, with {@linkcode Interrupted}
 */
export function observedOptions(
  tune: boolean,
  observer: EngineObserver | undefined,
  signal?: AbortSignal,
): EngineOptions {
  return {
    tune,
    onNote: (note) => observer?.onNote?.(note),
    onProgress(text) {
      if (signal?.aborted) throw new Interrupted("Stopped; what was timed so far is kept.");
      observer?.onStatus?.(text);
    },
  };
}
