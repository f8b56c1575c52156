/**
 * A network's weights from a file of any kind that holds them.
 *
 * @module
 */
import {
  checkSafetensors,
  decodeSafetensors,
  FOREIGN_HEADER_BYTES,
} from "../../format/safetensors.ts";
import { sha256 } from "../../format/sha256.ts";
import { checkZipEnd } from "../../format/zip_reader.ts";
import { type Adopted, adoptNetwork } from "../foreign/adopt.ts";
import type { Tree } from "../foreign/candidates.ts";
import { checkLegacy } from "../pytorch/legacy.ts";
import { readPyTorch } from "../pytorch/read.ts";
import { readShards } from "./shards.ts";
import { type Ends, endsOf, readChecked } from "./ends.ts";
import { HEAD_BYTES, sniff, type WeightsKind } from "./sniff.ts";

/** What is looked at before all of a file is read: a header, and the end of an archive with its comment. */
const END_BYTES = { head: 8 + FOREIGN_HEADER_BYTES, tail: 2 ** 17 };

/** A file's tensors as they are. */
export interface WeightsFile {
  readonly path: string;
  readonly kind: WeightsKind;
  /** Bytes of the file. */
  readonly bytes: number;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly sha256: string;
  readonly tree: Tree;
}

/**
 * Reads the file at `path` once: everything said of it is said of the same bytes.
 *
 * @throws {UsageError} if there is none, or it is of no kind that holds weights, or is damaged
 * @throws {RunError} if it cannot be read
 */
export async function readWeightsFile(path: string): Promise<WeightsFile> {
  const bytes = await readChecked(path, END_BYTES, (ends) => checkEnds(path, ends));
  const kind = kindOf(path, endsOf(bytes, END_BYTES));
  const tree = await decode(kind, bytes, path);
  return { path, kind, bytes: bytes.length, sha256: sha256(bytes), tree };
}

/** The network in the file at `path`, see {@linkcode readWeightsFile} and {@linkcode adoptNetwork}. */
export async function readNetwork(path: string, key?: string): Promise<WeightsFile & Adopted> {
  const file = await readWeightsFile(path);
  return { ...file, ...adoptNetwork(file.tree, path, key) };
}

function kindOf(path: string, ends: Ends): WeightsKind {
  return sniff(path, { ...ends, head: ends.head.subarray(0, HEAD_BYTES) });
}

/** Refuses a file that its ends give away. */
function checkEnds(path: string, ends: Ends): void {
  switch (kindOf(path, ends)) {
    case "safetensors":
      return checkSafetensors(ends.head, ends.size, path);
    case "torch-zip":
      return checkZipEnd(ends.tail, path);
    case "torch-pickle":
      return checkLegacy(ends, path);
    case "shards":
      return;
  }
}

async function decode(kind: WeightsKind, bytes: Uint8Array, path: string): Promise<Tree> {
  switch (kind) {
    case "safetensors":
      return decodeSafetensors(bytes, path, FOREIGN_HEADER_BYTES).tensors;
    case "shards":
      return await readShards(bytes, path);
    default:
      return readPyTorch(bytes, kind === "torch-zip", path);
  }
}
