/**
 * What becomes of an example that cannot be read as it was written.
 *
 * @module
 */

/** `rerun` takes the step without that example and says so, `stop` ends the run. */
export const CORRUPTION_POLICIES = ["rerun", "stop"] as const;
/** One of {@linkcode CORRUPTION_POLICIES}. */
export type CorruptionPolicy = typeof CORRUPTION_POLICIES[number];

/** An example that is there and cannot be used. */
export interface DamagedExample {
  /** Its training index. */
  readonly image: number;
  /** What is wrong, as a sentence without its full stop. */
  readonly fault: string;
}
