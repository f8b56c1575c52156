/**
 * Makes an index anew from what it was made of.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError } from "../errors.ts";
import { DISK, type Disk } from "../format/disk.ts";
import { removeTree } from "../format/files.ts";
import { readManifest } from "./committed.ts";
import { commitNumber, type Current, readCurrentFile } from "./current.ts";
import { withIndexCopy } from "./index_copy.ts";
import { generationFolder, INDEX_FILE } from "./layout.ts";
import { LocationIndex } from "./location_index.ts";
import type { Locations } from "./locations.ts";
import { showCurrent } from "./opening.ts";
import { scanLocations } from "./scan.ts";

/**
 * Replaces the index of the memory in `directory` by one made from `current.json`, the manifests and the chunks, and a
 * damaged `current.json` by what the index says. The caller sees to it that nobody else has the memory open for writing.
 * Killed at any moment it can be done again.
 *
 * @param remote where the index is, if not in the folder: the address of a KV Connect service
 * @throws {RunError} if both are damaged, or a manifest or the image numbers in the chunks are; nothing is changed then
 */
export async function rebuildIndex(
  directory: string,
  disk: Disk = DISK,
  remote?: string,
): Promise<void> {
  const current = await newestCurrent(directory, remote);
  const located: { epoch: number; commit: number; locations: Locations }[] = [];
  for (const entry of current.commit?.generations ?? []) {
    const folder = join(directory, generationFolder(entry.epoch));
    const manifest = await readManifest(join(folder, entry.manifest), entry, current.settings);
    located.push({ ...entry, locations: await scanLocations(folder, manifest) });
  }
  await showCurrent(directory, current, disk);
  const place = remote ?? join(directory, INDEX_FILE);
  for (const { name } of await Array.fromAsync(Deno.readDir(directory))) {
    // The database and the files that SQLite keeps beside it.
    if (name.startsWith(INDEX_FILE)) await removeTree(join(directory, name), disk);
  }
  const index = await LocationIndex.open(place, disk);
  try {
    for (const { epoch, commit, locations } of located) {
      await index.writePages(epoch, commit, locations);
    }
    await index.current().catch(ignoreDamage); // a service keeps it, to be replaced
    await index.publish(current);
  } finally {
    index.close();
  }
}

/** What is current by whichever of `current.json` and the index is whole and has come further. */
async function newestCurrent(directory: string, remote: string | undefined): Promise<Current> {
  const shown = await readCurrentFile(directory).catch(ignoreDamage);
  const indexed = await withIndexCopy(directory, (index) => index.current(), remote)
    .catch(ignoreDamage);
  const newest = shown && indexed
    ? commitNumber(indexed) > commitNumber(shown) ? indexed : shown
    : shown ?? indexed;
  if (newest !== undefined) return newest;
  throw new RunError(
    `neither ${
      remote ?? INDEX_FILE
    } nor current.json in ${directory} says what is current: restore one of them from a copy`,
  );
}

function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof RunError)) throw error;
}
