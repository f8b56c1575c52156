/**
 * Where a memory's index is: in its folder, or with a KV Connect service that `index.json` names. A service's database
 * carries the same id, so that no run ever writes into another's.
 *
 * @module
 */
import { join } from "@std/path";
import * as v from "valibot";
import { RunError } from "../../errors.ts";
import type { Disk } from "../../disk/disk.ts";
import { readIfThere, writeFileAtomically } from "../../disk/files.ts";
import { DOCUMENT_BYTES, PLACE_FILE } from "../layout.ts";

const placeSchema = v.strictObject({
  url: v.pipe(v.string(), v.url()),
  id: v.pipe(v.string(), v.uuid()),
});
/** A database of a KV Connect service. */
export type RemotePlace = Readonly<v.InferOutput<typeof placeSchema>>;

/** A database that is to be the index of a new memory. */
export function newPlace(url: string): RemotePlace {
  return { url, id: crypto.randomUUID() };
}

/**
 * The service that has the index of the memory in `directory`; undefined if it is a file there.
 *
 * @throws {RunError} if that cannot be read
 */
export async function readIndexPlace(directory: string): Promise<RemotePlace | undefined> {
  const path = join(directory, PLACE_FILE);
  const bytes = await readIfThere(path, DOCUMENT_BYTES + 1);
  if (bytes === undefined) return undefined;
  try {
    return v.parse(placeSchema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    throw new RunError(`${path} is damaged: restore it from a copy`);
  }
}

/** Says that the index of the memory in `directory` is at `place`. Throws a `RunError` if the disk fails. */
export async function writeIndexPlace(
  directory: string,
  place: RemotePlace,
  disk: Disk,
): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(place, null, 2) + "\n");
  await writeFileAtomically(join(directory, PLACE_FILE), bytes, disk);
}
