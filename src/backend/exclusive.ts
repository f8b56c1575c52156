/**
 * One computation of a process at a time: tfjs has one current backend, and two runs would take it from each other.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

let taken = false;

/**
 * Does `work` alone.
 *
 * @throws {UsageError} if other work is under way
 */
export async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  if (taken) {
    throw new UsageError(
      "Another run or evaluation is under way in this process: await it first, or use a process for each.",
    );
  }
  taken = true;
  try {
    return await work();
  } finally {
    taken = false;
  }
}
