/**
 * A checksum of every tensor of a checkpoint: small enough to be kept of every epoch, to say where two checkpoints of unequal
 * digests differ.
 *
 * @module
 */
import { readWholeFile } from "../../disk/files.ts";
import { UsageError } from "../../errors.ts";
import { decodeSafetensors, type SafeTensor } from "../../format/safetensors.ts";

/** Hexadecimal digits of each. */
export const CHECKSUM_DIGITS = 8;

/** The checksums of `tensors`, one after another. */
export function tensorChecksums(tensors: ReadonlyMap<string, SafeTensor>): string {
  return [...tensors.values()].map(({ data }) => checksum(data)).join("");
}

/**
 * The checksums of the tensors of the checkpoint at `path`, in the order of the file; undefined if it is no checkpoint.
 *
 * @throws {RunError} if it cannot be read
 */
export async function fileChecksums(path: string): Promise<string | undefined> {
  const tensors = await readTensors(path);
  return tensors && tensorChecksums(tensors);
}

/** The names of the tensors of the checkpoint at `path`, in the same order. Throws as {@linkcode fileChecksums} does. */
export async function tensorNames(path: string): Promise<string[]> {
  return [...await readTensors(path) ?? []].map(([name]) => name);
}

async function readTensors(path: string) {
  const bytes = await readWholeFile(path);
  try {
    return decodeSafetensors(bytes, path).tensors;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** FNV-1a over words of 32 bits: a byte at a time would cost seconds for every epoch. Only the digest proves anything. */
function checksum(data: SafeTensor["data"]): string {
  const { buffer, byteOffset, byteLength } = data.byteOffset % 4 === 0 ? data : data.slice();
  const words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return (hash >>> 0).toString(16).padStart(CHECKSUM_DIGITS, "0");
}
