/**
 * Finds out from a generation's chunks alone where each image's example lies, for those who do not open the index.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { RunError } from "../../errors.ts";
import { readBeginning } from "../../disk/files.ts";
import { advised } from "../../format/command_line.ts";
import { chunkBytes } from "../chunk/chunk.ts";
import { Locations } from "./locations.ts";
import { codecOf, type Manifest } from "../generation/manifest.ts";
import { recordImage } from "../chunk/record.ts";

/**
 * The locations of the generation in `folder`, which are those that were committed: their digest is in `manifest`.
 *
 * @param read gives the bytes of a chunk; from its file unless given
 * @throws {RunError} if a chunk cannot be read or its records are not where they were written
 */
export async function scanLocations(
  folder: string,
  manifest: Manifest,
  read?: (number: number) => Promise<Uint8Array>,
): Promise<Locations> {
  const locations = new Locations(manifest.images);
  const codec = codecOf(manifest);
  for (const [number, { file, records }] of manifest.chunks.entries()) {
    const bytes = read
      ? await read(number)
      : await readBeginning(join(folder, file), chunkBytes(codec, records));
    for (let record = 0; record < records; record++) {
      const start = chunkBytes(codec, record);
      if (start + 4 > bytes.length) break;
      const image = recordImage(bytes.subarray(start));
      if (image < manifest.images) locations.set(image, number, record);
    }
  }
  if (locations.digest() === manifest.index) return locations;
  throw new RunError(
    `The chunks in ${folder} are damaged: look for the records with ${
      advised("memory", "verify", dirname(dirname(folder)))
    }`,
  );
}
