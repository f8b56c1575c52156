/**
 * Looks at every byte of a chunk file.
 *
 * @module
 */
import { join } from "@std/path";
import { valuesPerImage } from "../../data/dataset.ts";
import { RunError } from "../../errors.ts";
import { StorageError } from "../../disk/failure.ts";
import { readBeginning } from "../../disk/files.ts";
import { fileSize } from "../../disk/regular.ts";
import { sha256 } from "../../format/sha256.ts";
import { chunkBytes, describeHeaderFault } from "./chunk.ts";
import { codecOf, type Manifest } from "../generation/manifest.ts";
import { decodeRecord, recordBytes, recordImage } from "./record.ts";

/** Something that is not as it was committed. */
export interface Damage {
  /** Its path. */
  readonly file: string;
  /** The record of the chunk `file`, from 0, if it is one record that is damaged. */
  readonly record?: number;
  /** The training index whose example that was, where the rest of the generation tells. */
  readonly image?: number;
  /** What is wrong, as a sentence without its full stop. */
  readonly fault: string;
}

/**
 * The damage in chunk `number` of the generation that `manifest` describes, in `folder`.
 *
 * @throws {StorageError} if it cannot be looked at
 */
export async function verifyChunk(
  folder: string,
  manifest: Manifest,
  number: number,
): Promise<Damage[]> {
  const { file: name, records, sha256: committed } = manifest.chunks[number]!;
  const file = join(folder, name);
  const codec = codecOf(manifest), size = chunkBytes(codec, records);
  let bytes: Uint8Array, length: number | undefined;
  try {
    length = await fileSize(file);
    bytes = await readBeginning(file, size); // whatever may stand behind that
  } catch (error) {
    if (!(error instanceof RunError) || error instanceof StorageError) throw error;
    return [{ file, fault: error.message }];
  }
  if (length === size && sha256(bytes) === committed) return [];

  const { epoch, epsilon, dataSha256 } = manifest;
  const damage: Damage[] = [];
  const header = { codec, epsilon, epoch, number, records, dataSha256 };
  const fault = describeHeaderFault(bytes, header);
  if (fault !== undefined) damage.push({ file, fault: `${file} is not usable (${fault})` });
  if (length !== size) {
    damage.push({ file, fault: `${file} has ${length} bytes instead of ${size}` });
  }
  const delta = new Float32Array(valuesPerImage(codec.shape));
  for (let record = 0; record < records; record++) {
    const start = chunkBytes(codec, record), end = start + recordBytes(codec);
    const content = bytes.subarray(start, end);
    const whole = end <= bytes.length;
    if (whole && decodeRecord(codec, recordImage(content), content, delta)) continue;
    const fault = whole ? "does not match its checksum" : "is cut short";
    damage.push({ file, record, fault: `Record ${record} of ${file} ${fault}` });
  }
  if (damage.length > 0) return damage;
  return [{ file, fault: `${file} does not match its manifest` }];
}
