/**
 * Where a run's memory lies, and names inside its folder. A whole generation has the plain names; what a commit in the middle of
 * an epoch leaves behind carries the number of records, so that nothing committed is ever overwritten.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import type { Disk } from "../disk/disk.ts";
import { advised } from "../format/command_line.ts";
import { exists } from "../disk/regular.ts";
import { listFolder, removeTemporaries, removeTree, temporaryOf } from "../disk/files.ts";

/** The folder of the memory of the run in `runDir`. */
export function memoryFolder(runDir: string): string {
  return join(runDir, "memory");
}

/** The command that makes the index of the memory in `directory` anew. */
export function rebuildAdvice(directory: string): string {
  return advised("memory", "verify", dirname(directory), "--rebuild");
}

/** Name of the Deno KV file. */
export const INDEX_FILE = "index.kv";
/** Name of the file that says what is current to those who do not open the index. */
export const CURRENT_FILE = "current.json";

/** Name of the file that says which service has the index. */
export const PLACE_FILE = "index.json";

/**
 * The most bytes of the files that say what is current and where the index is: Deno KV takes no longer values. Read one byte
 * more, and what is longer is none.
 */
export const DOCUMENT_BYTES = 65_536;

/** What a committed checkpoint may be called: a name in its folder, and nothing that leads out of it. */
export const CHECKPOINT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** What {@linkcode chunkFile} calls a chunk. */
export const CHUNK_NAME = /^chunk-\d{4,}(?:\.partial-\d{4,})?\.bin$/;
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
  for (const { name, isDirectory } of await listFolder(directory)) {
    const match = isDirectory ? GENERATION.exec(name) : null;
    if (match && generationFolder(Number(match[1])) === name) epochs.push(Number(match[1]));
  }
  return epochs.sort((a, b) => a - b);
}

/** The name of something in `directory` without which there was never a memory there, `current.json` left out; undefined if there is none. */
export async function findPart(directory: string): Promise<string | undefined> {
  const [epoch] = await listGenerations(directory);
  if (epoch !== undefined) return generationFolder(epoch);
  for (const name of [INDEX_FILE, PLACE_FILE]) if (await exists(join(directory, name))) return name;
  return undefined;
}

/**
 * Removes every generation, and every file of a generation, that `wanted` does not name: what a killed
 * process left, or what a commit made old. Whatever a memory does not write is left alone.
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
    const folder = join(directory, generationFolder(epoch)), files = wanted.get(epoch);
    let left = 0;
    for (const { name, isDirectory } of await listFolder(folder)) {
      const own = temporaryOf(name) ?? name;
      const written = !isDirectory && (CHUNK_NAME.test(own) || MANIFEST_NAME.test(own));
      if (written && !files?.has(name)) await removeTree(join(folder, name), disk);
      else left++;
    }
    if (files === undefined && left === 0) await removeTree(folder, disk);
  }
}
