/**
 * The names of the devices, apart from the devices: a recipe can be read without loading an engine.
 *
 * @module
 */

/** What `--backend` accepts. */
export const BACKEND_CHOICES = ["auto", "webgpu", "wasm"] as const;
/** One of {@linkcode BACKEND_CHOICES}. */
export type BackendChoice = typeof BACKEND_CHOICES[number];
