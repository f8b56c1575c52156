/**
 * How much of a memory may be held in RAM. What does not fit is read from the disk, record by record.
 *
 * @module
 */

/** Bytes that several readers share. */
export class ReadBudget {
  #left: number;

  /** @param bytes 0 or more */
  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Takes `bytes` if there are so many left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}
