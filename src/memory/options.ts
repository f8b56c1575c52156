/**
 * What a memory can be told, as plain data.
 *
 * @module
 */

/**
 * How `x''` meets the crop and flip of its image in this epoch: `stored` leaves it under those it was made under, as the
 * paper does; `realigned` keeps perturbations in the frame of the image and applies this epoch's crop and flip to them.
 */
export const MEMORY_VIEWS = ["stored", "realigned"] as const;
/** One of {@linkcode MEMORY_VIEWS}. */
export type MemoryView = typeof MEMORY_VIEWS[number];

/**
 * The most epochs between making an example and using it. Generations of as many epochs are kept, and that of the epoch that
 * runs; the value that lists them has 65,536 bytes in Deno KV, whatever numbers it has to name.
 */
export const LARGEST_AGE = 300;

/** What becomes of an example that cannot be read as it was written: `rerun` takes the step without that example and says so, `stop` ends the run. */
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
