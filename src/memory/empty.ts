/**
 * A memory that nothing was ever committed to: what it may consist of, and its end.
 *
 * @module
 */
import { join } from "@std/path";
import { ioError } from "../disk/failure.ts";
import { temporaryOf } from "../disk/files.ts";
import { databaseFiles } from "../disk/temporary_database.ts";
import { CURRENT_FILE, INDEX_FILE, PLACE_FILE } from "./layout.ts";

const OWN: readonly string[] = [CURRENT_FILE, PLACE_FILE, ...databaseFiles(INDEX_FILE)];

/** The name of something in `directory` that an empty memory does not have; undefined if there is none. */
export async function findForeign(directory: string): Promise<string | undefined> {
  return (await namesIn(directory)).find((name) => !isOwn(name));
}

/**
 * Removes the empty memory in `directory`, file by file; whatever else lies there stays, and the folder with it.
 *
 * @throws {RunError} naming the file that cannot be removed
 */
export async function removeEmptyMemory(directory: string): Promise<void> {
  const names = await namesIn(directory);
  try {
    for (const name of names.filter(isOwn)) await Deno.remove(join(directory, name));
    if (names.every(isOwn)) await Deno.remove(directory);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw ioError(`Could not remove ${directory}`, error);
  }
}

function isOwn(name: string): boolean {
  return OWN.includes(temporaryOf(name) ?? name);
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw ioError(`Could not read ${directory}`, error);
  }
}
