/**
 * Names inside the folder `memory/`. A whole generation has the plain names; what a commit in the middle of
 * an epoch leaves behind carries the number of records, so that nothing committed is ever overwritten.
 *
 * @module
 */
import { join } from "@std/path";
import type { Disk } from "../disk/disk.ts";
import { ioError } from "../disk/failure.ts";
import { removeTemporaries, removeTree } from "../disk/files.ts";

/** Name of the Deno KV file. */
export const INDEX_FILE = "index.kv";
/** Name of the file that says what is current to those who do not open the index. */
export const CURRENT_FILE = "current.json";

/** Name of the file that says which service has the index. */
export const PLACE_FILE = "index.json";

/** What a committed checkpoint may be called: a name in its folder, and nothing that leads out of it. */
export const CHECKPOINT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** What {@linkcode manifestFile} calls a manifest. */
export const MANIFEST_NAME = /^manifest(?:\.partial-\d+)?\.json$/;
const GENERATION = /^generation-(\d{4,})$/;

/** Name of the folder of `epoch`'s examples. */
export function generationFolder(epoch: number): string {
  return `generation-${String(epoch).padStart(4, "0")}`;
}

/** Name of chunk `number`; `partialRecords` if its epoch goes on and it will be written again, longer. */
export function chunkFile(number: number, partialRecords?: number): string {
  const partial = partialRecords === undefined
    ? ""
    : `.partial-${String(partialRecords).padStart(4, "0")}`;
  return `chunk-${String(number).padStart(4, "0")}${partial}.bin`;
}

/** Name of a generation's manifest; `partialRecords` if its epoch goes on. */
export function manifestFile(partialRecords?: number): string {
  return partialRecords === undefined ? "manifest.json" : `manifest.partial-${partialRecords}.json`;
}

/** The epochs that have a folder in `directory`, ascending; none if it does not exist. Throws a `RunError` if it cannot be read. */
export async function listGenerations(directory: string): Promise<number[]> {
  const epochs: number[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      const match = entry.isDirectory ? GENERATION.exec(entry.name) : null;
      if (match && generationFolder(Number(match[1])) === entry.name) epochs.push(Number(match[1]));
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw ioError(`Could not read ${directory}`, error);
  }
  return epochs.sort((a, b) => a - b);
}

/**
 * Removes every generation, and every file of a generation, that `wanted` does not name: what a killed
 * process left, or what a commit made old. Anything else in `directory` is left alone.
 *
 * @param wanted file names by epoch
 */
export async function removeUnwanted(
  directory: string,
  wanted: ReadonlyMap<number, ReadonlySet<string>>,
  disk: Disk,
): Promise<void> {
  const documents = [CURRENT_FILE, PLACE_FILE];
  await removeTemporaries(directory, (name) => documents.includes(name), { disk });
  for (const epoch of await listGenerations(directory)) {
    const folder = join(directory, generationFolder(epoch));
    const files = wanted.get(epoch);
    if (files === undefined) {
      await removeTree(folder, disk);
      continue;
    }
    for (const { name } of await Array.fromAsync(Deno.readDir(folder))) {
      if (!files.has(name)) await removeTree(join(folder, name), disk);
    }
  }
}
