/**
 * What an engine is to the rooms above, apart from the engines: a recipe can be read without loading one.
 *
 * @module
 */

/** What `--backend` accepts. */
export const BACKEND_CHOICES = ["auto", "webgpu", "wasm"] as const;
/** One of {@linkcode BACKEND_CHOICES}. */
export type BackendChoice = typeof BACKEND_CHOICES[number];

/** How the CPU engine computes. */
export interface EngineOptions {
  /** Threads; all processors unless given. They never change a bit of any result. */
  readonly workers?: number;
  /** Rounds every operation as WebAssembly defines it, so that all machines get the same bits; slower. */
  readonly deterministic?: boolean;
}

/** An open device, active as tfjs's current backend. */
export interface Backend {
  /** Which engine computes. */
  readonly name: "webgpu" | "wasm";
  /** The adapter (WebGPU) or the arithmetic (WASM), for people and for the recipe. */
  readonly adapter: string;
  /** Threads that compute; 1 where the device has its own. */
  readonly threads: number;
  /**
   * Resolves as `work` does, unless the device is lost or reports an error first. The event loop turns at least once.
   *
   * @throws {RunError} naming what the device reported
   */
  guard<T>(work: Promise<T>): Promise<T>;
  /** Frees the device. Tensors made on it must not be used afterwards. */
  close(): void;
}
