/**
 * Whether a folder is free for a new run.
 *
 * @module
 */
import { describeIoError } from "../../disk/failure.ts";
import { temporaryOf } from "../../disk/files.ts";
import { RunError, UsageError } from "../../errors.ts";
import { RECIPE_FILE } from "./files.ts";
import { LOCK_FILE } from "./run_lock.ts";

/**
 * Refuses a folder that holds anything. One with nothing but a lock and a torn recipe in it was left by a run that never
 * began, and is free.
 *
 * @throws {UsageError} if it is not empty, or no folder
 * @throws {RunError} if that cannot be seen
 */
export async function refuseUsed(directory: string): Promise<void> {
  // Paths in it would be paths in the working directory.
  if (directory === "") throw new UsageError("The name of the run's folder is empty.");
  try {
    for await (const { name } of Deno.readDir(directory)) {
      if (name === LOCK_FILE || temporaryOf(name) === RECIPE_FILE) continue;
      throw new UsageError(
        `${directory} is not empty: choose another --run-dir, or continue the run in it with --resume.`,
      );
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof UsageError) throw error;
    if (error instanceof Deno.errors.NotADirectory) {
      throw new UsageError(`${directory} is a file, or lies in one: choose another --run-dir.`);
    }
    throw new RunError(`Could not read ${directory}: ${describeIoError(error)}`, { cause: error });
  }
}
