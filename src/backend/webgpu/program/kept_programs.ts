/**
 * Programs of one computation, each for its own input shapes: traced, planned and bound once, and kept while there is room.
 *
 * @module
 */
import { bytesOf } from "./kernel.ts";
import type { Program } from "./program.ts";

/** How many are kept whatever memory they have of their own: full and last batches, with memory examples and without. */
const LEAST = 4;

/** How many are kept at most. Beside auxiliary images, the number of memory examples differs from batch to batch. */
const MOST = 64;

/** Bytes of device memory of their own that more than {@linkcode LEAST} may have together. */
const MOST_BYTES = 2 ** 28;

/** What is kept: a program, with whatever belongs to it. */
interface Keeper {
  readonly program: Pick<Program, "plan" | "dispose">;
}

/** The programs that were used last, by a key of their input shapes. */
export class KeptPrograms<T extends Keeper> {
  /** The last used one last. */
  readonly #kept = new Map<string, T>();

  /** The one of `key`, which counts as used now; undefined if there is none any more. */
  use(key: string): T | undefined {
    const found = this.#kept.get(key);
    if (found !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
    }
    return found;
  }

  /** Disposes of those that were used longest ago, until there is room for another; gives them. */
  makeRoom(): T[] {
    const gone: T[] = [];
    let bytes = this.#kept.values().reduce((sum, each) => sum + ownBytes(each), 0);
    for (const [key, oldest] of this.#kept) {
      const { size } = this.#kept;
      if (size < LEAST || size < MOST && bytes <= MOST_BYTES) break;
      bytes -= ownBytes(oldest);
      oldest.program.dispose();
      this.#kept.delete(key);
      gone.push(oldest);
    }
    return gone;
  }

  /** Keeps `made`, which counts as used now. */
  add(key: string, made: T): void {
    this.#kept.set(key, made);
  }
}

/** Bytes that no other program uses. */
function ownBytes({ program: { plan } }: Keeper): number {
  return plan.blocks.reduce(
    (sum, { storage, lasting }) => lasting ? sum + bytesOf(storage) : sum,
    0,
  );
}
