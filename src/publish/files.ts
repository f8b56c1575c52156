/**
 * The files that publishing writes: looked at together before the first is written, each whole or absent.
 *
 * @module
 */
import { writeFileAtomically } from "../disk/files.ts";
import { decodeSafetensors } from "../format/safetensors.ts";
import { checkOutput, type OutputKind } from "../run/output.ts";
import { ORIGIN_ENTRY } from "../weights/export/torch_file.ts";
import { VERSION_NAME } from "./origin.ts";

/** A file to be written. */
export interface PublishedFile {
  readonly path: string;
  readonly kind: OutputKind;
  readonly bytes: Uint8Array;
}

/** Where the name of a ZIP archive's first file stands. */
const FIRST_NAME = 30;

/** A `.pt` that was exported. */
export const TORCH: OutputKind = {
  name: "an exported .pt",
  recognise: (bytes) => textAt(bytes, FIRST_NAME, ORIGIN_ENTRY),
};

/** A safetensors file that was exported; a checkpoint is none. */
export const WEIGHTS: OutputKind = {
  name: "an exported safetensors file",
  recognise(bytes) {
    try {
      return decodeSafetensors(bytes, "").metadata[VERSION_NAME] !== undefined;
    } catch {
      return false;
    }
  },
};

/** The name that ONNX models of ours give their producer, and where they say it. */
export const PRODUCER = "memloss";
const PRODUCER_AT = 4;

/** An ONNX model that was exported. */
export const ONNX: OutputKind = {
  name: "an exported ONNX model",
  recognise: (bytes) => bytes[0] === 8 && textAt(bytes, PRODUCER_AT, PRODUCER),
};

function textAt(bytes: Uint8Array, at: number, text: string): boolean {
  return new TextDecoder().decode(bytes.subarray(at, at + text.length)) === text;
}

/** Text as a file's bytes. */
export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * Writes `files` in their order.
 *
 * @param read the file that is exported, which is never replaced
 * @throws {UsageError} before any is written if one of them cannot be, or would cost the user another file
 * @throws {RunError} if one of them cannot be written
 */
export async function writeFiles(
  files: readonly PublishedFile[],
  read: string,
  overwrite: boolean,
): Promise<void> {
  for (const { path, kind } of files) {
    await checkOutput(path, { flag: "--out", kind, inputs: [read], overwrite });
  }
  for (const { path, bytes } of files) await writeFileAtomically(path, bytes);
}
