/**
 * Makes an index anew from what it was made of.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError } from "../../errors.ts";
import { DISK, type Disk } from "../../disk/disk.ts";
import { StorageError } from "../../disk/failure.ts";
import { removeTreeIfThere } from "../../disk/files.ts";
import { databaseFiles } from "../../disk/temporary_database.ts";
import { readManifest } from "../committed.ts";
import { commitNumber, type Current, readCurrentFile } from "../current.ts";
import { withIndexCopy } from "./copy.ts";
import { newPlace, readIndexPlace, type RemotePlace, writeIndexPlace } from "./place.ts";
import { CURRENT_FILE, generationFolder, INDEX_FILE, PLACE_FILE } from "../layout.ts";
import { LocationIndex } from "./location_index.ts";
import type { Locations } from "./locations.ts";
import { showCurrent } from "../opening.ts";
import { scanLocations } from "./scan.ts";

/**
 * Replaces the index of the memory in `directory` by one made from `current.json`, the manifests and the chunks, and a
 * `current.json` that is damaged or behind by what the index says. The caller sees to it that nobody else has the memory open for writing.
 * Killed at any moment it can be done again.
 *
 * @param url KV Connect service that is to have the index, which moves there if it is elsewhere; without it the index is
 *   a file in the folder
 * @throws {RunError} if the last commit that any of them knows of does not lead to manifests and image numbers that are whole,
 *   or the service is another run's; nothing is changed then
 * @throws {StorageError} if one of them cannot be looked at, and may be whole; nothing is changed then
 */
export async function rebuildIndex(
  directory: string,
  disk: Disk = DISK,
  url?: string,
): Promise<void> {
  if (url === undefined) {
    const found = withIndexCopy(directory, (index) => index.current());
    const { current, located } = await newest(directory, await found.catch(ignoreDamage));
    await showCurrent(directory, current, disk);
    await removeIndexFile(directory, disk);
    const index = await LocationIndex.open(join(directory, INDEX_FILE), disk);
    try {
      await fill(index, current, located);
    } finally {
      index.close();
    }
    return;
  }
  const before = await readIndexPlace(directory), place = { ...before ?? newPlace(url), url };
  const index = await LocationIndex.open(url, disk);
  try {
    await index.isFree(place.id); // or refused, before anything is changed
    const there = await index.current().catch(ignoreDamage);
    const left = before?.url === url ? undefined : await readLeft(directory, before);
    const { current, located } = await newest(directory, further(there, left));
    await showCurrent(directory, current, disk);
    // Before the claim: killed between the two, the next attempt is to know its own.
    await writeIndexPlace(directory, place, disk);
    await index.claim(place.id);
    await fill(index, current, located);
  } finally {
    index.close();
  }
  await removeIndexFile(directory, disk);
}

/** Where the examples of one generation lie. */
interface Located {
  readonly epoch: number;
  readonly commit: number;
  readonly locations: Locations;
}

/** What is current by the index that the memory in `directory` has so far, a file or the service at `place`. */
async function readLeft(
  directory: string,
  place: RemotePlace | undefined,
): Promise<Current | undefined> {
  try {
    return await withIndexCopy(directory, (index) => index.current(), place?.url);
  } catch (error) {
    if (place === undefined || !(error instanceof StorageError)) return ignoreDamage(error);
    throw new StorageError(
      `${error.message}; to do without what it knows, take ${PLACE_FILE} in ${directory} away first`,
      { cause: error },
    );
  }
}

/** Whichever has come furthest. */
function further(a: Current | undefined, b: Current | undefined): Current | undefined {
  return a && b ? commitNumber(b) > commitNumber(a) ? b : a : a ?? b;
}

/** What is current by whichever of `current.json` and the index has come furthest, and where its examples lie. */
async function newest(
  directory: string,
  indexed: Current | undefined,
): Promise<{ current: Current; located: Located[] }> {
  const shown = await readCurrentFile(directory).catch(ignoreDamage);
  const [current, older] = [shown, indexed].filter((each) => each !== undefined)
    .sort((a, b) => commitNumber(b) - commitNumber(a));
  if (current === undefined) {
    throw new RunError(
      `Neither the index nor current.json in ${directory} says what is current: restore one of them from a copy`,
    );
  }
  try {
    return { current, located: await locate(directory, current) };
  } catch (error) {
    if (older === undefined || commitNumber(older) === commitNumber(current)) throw error;
    ignoreDamage(error);
    // Never the older one in its stead: what is left of the later would be removed as nobody's.
    const later = current === shown ? CURRENT_FILE : "the index";
    throw new RunError(
      `${(error as Error).message}; to go back to commit ${
        commitNumber(older)
      } instead, take ${later} away first`,
      { cause: error },
    );
  }
}

async function locate(directory: string, { commit, settings }: Current): Promise<Located[]> {
  const located: Located[] = [];
  for (const entry of commit?.generations ?? []) {
    const folder = join(directory, generationFolder(entry.epoch));
    const manifest = await readManifest(join(folder, entry.manifest), entry, settings);
    located.push({ ...entry, locations: await scanLocations(folder, manifest) });
  }
  return located;
}

async function fill(index: LocationIndex, current: Current, located: Located[]): Promise<void> {
  await index.current().catch(ignoreDamage); // a service keeps it, to be replaced
  for (const { epoch, commit, locations } of located) {
    await index.writePages(epoch, commit, locations);
  }
  await index.publish(current);
}

/** Removes the database and the files that SQLite keeps beside it. */
async function removeIndexFile(directory: string, disk: Disk): Promise<void> {
  for (const file of databaseFiles(join(directory, INDEX_FILE))) {
    await removeTreeIfThere(file, disk);
  }
}

function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof RunError) || error instanceof StorageError) throw error;
}
