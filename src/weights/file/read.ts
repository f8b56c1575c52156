/**
 * A network's weights from a file of any kind that holds them.
 *
 * @module
 */
import { ioError } from "../../disk/failure.ts";
import { readNamedFile } from "../../disk/files.ts";
import { decodeSafetensors } from "../../format/safetensors.ts";
import { sha256 } from "../../format/sha256.ts";
import { type Adopted, adoptNetwork } from "../foreign/adopt.ts";
import type { Tree } from "../foreign/candidates.ts";
import { readPyTorch } from "../pytorch/read.ts";
import { readShards } from "./shards.ts";
import { type Ends, HEAD_BYTES, sniff, TAIL_BYTES, type WeightsKind } from "./sniff.ts";

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
  const ends = await readEnds(path);
  if (ends) sniff(path, ends); // before all of a file is read, which may be large
  const bytes = await readNamedFile(path);
  const kind = sniff(path, {
    head: bytes.subarray(0, HEAD_BYTES),
    tail: bytes.subarray(-TAIL_BYTES),
    size: bytes.length,
  });
  const tree = await decode(kind, bytes, path);
  return { path, kind, bytes: bytes.length, sha256: sha256(bytes), tree };
}

/** The network in the file at `path`, see {@linkcode readWeightsFile} and {@linkcode adoptNetwork}. */
export async function readNetwork(path: string, key?: string): Promise<WeightsFile & Adopted> {
  const file = await readWeightsFile(path);
  return { ...file, ...adoptNetwork(file.tree, path, key) };
}

async function decode(kind: WeightsKind, bytes: Uint8Array, path: string): Promise<Tree> {
  switch (kind) {
    case "safetensors":
      return decodeSafetensors(bytes, path).tensors;
    case "shards":
      return await readShards(bytes, path);
    default:
      return readPyTorch(bytes, kind === "torch-zip", path);
  }
}

/** The first and last bytes of the file at `path`; undefined where they cannot be had without using it up. */
async function readEnds(path: string): Promise<Ends | undefined> {
  let file: Deno.FsFile;
  try {
    if (!(await Deno.stat(path)).isFile) return undefined;
    file = await Deno.open(path);
  } catch {
    return undefined; // which is told when it is read
  }
  try {
    const { size } = await file.stat();
    const head = await readUpTo(file, HEAD_BYTES);
    await file.seek(Math.max(0, size - TAIL_BYTES), Deno.SeekMode.Start);
    return { head, tail: await readUpTo(file, TAIL_BYTES), size };
  } catch (error) {
    throw ioError(`Could not read ${path}`, error);
  } finally {
    file.close();
  }
}

/** The next `most` bytes of `file`, or as many as there are. */
async function readUpTo(file: Deno.FsFile, most: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  let filled = 0;
  while (filled < most) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
