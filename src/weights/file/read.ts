/**
 * A network's weights from a file of any kind that holds them.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import {
  checkSafetensors,
  decodeSafetensors,
  FOREIGN_HEADER_BYTES,
} from "../../format/safetensors.ts";
import { sha256 } from "../../format/sha256.ts";
import { checkZipEnd } from "../../format/zip/headers.ts";
import type { ActivationName } from "../../model/architecture.ts";
import { withActivation } from "../../model/architectures/architectures.ts";
import { readOrigin } from "../export/torch_file.ts";
import { agreedActivation, saidActivation } from "../said_activation.ts";
import { saidClasses } from "../said_classes.ts";
import { type Adopted, adoptNetwork } from "../foreign/adopt.ts";
import type { Tree } from "../foreign/candidates.ts";
import { checkLegacy } from "../pytorch/legacy.ts";
import { readPyTorch } from "../pytorch/read.ts";
import { readShards, type Shard } from "./shards.ts";
import { type Ends, endsOf, readChecked } from "./ends.ts";
import { HEAD_BYTES, sniff, type WeightsKind } from "./sniff.ts";

/** What is looked at before all of a file is read: a header, and the end of an archive with its comment. */
const END_BYTES = { head: 8 + FOREIGN_HEADER_BYTES, tail: 2 ** 17 };

/** A file's tensors as they are. */
export interface WeightsFile {
  readonly path: string;
  readonly kind: WeightsKind;
  /** Bytes of the file, of shards of all files. */
  readonly bytes: number;
  /** SHA-256 of its bytes, hexadecimal; of shards that of the index and of their own. */
  readonly sha256: string;
  readonly tree: Tree;
  /** As in {@linkcode Shard}. */
  readonly activation?: ActivationName | undefined;
  /** As in {@linkcode Shard}. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * Reads the file at `path` once: everything said of it is said of the same bytes.
 *
 * @throws {UsageError} if there is none, or it is of no kind that holds weights, or is damaged
 * @throws {RunError} if it cannot be read
 */
export async function readWeightsFile(path: string): Promise<WeightsFile> {
  const { bytes, kind } = await readBytes(path);
  return kind === "shards"
    ? { path, kind, ...await readShards(bytes, path, readShard) }
    : { path, kind, ...decode(bytes, kind, path) };
}

/** A shard, which is no index of others. */
async function readShard(path: string): Promise<Shard> {
  const { bytes, kind } = await readBytes(path);
  if (kind !== "shards") return decode(bytes, kind, path);
  throw new UsageError(
    `${path} is an index of weights itself, and named by one: download both again.`,
  );
}

async function readBytes(path: string) {
  const bytes = await readChecked(path, END_BYTES, (ends) => checkEnds(path, ends));
  return { bytes, kind: kindOf(path, endsOf(bytes, END_BYTES)) };
}

function decode(bytes: Uint8Array, kind: Exclude<WeightsKind, "shards">, path: string): Shard {
  const file = { bytes: bytes.length, sha256: sha256(bytes) };
  if (kind === "safetensors") {
    const { tensors: tree, metadata } = decodeSafetensors(bytes, path, FOREIGN_HEADER_BYTES);
    return { tree, ...file, ...said(metadata, path) };
  }
  const isArchive = kind === "torch-zip", tree = readPyTorch(bytes, isArchive, path);
  const origin = isArchive ? readOrigin(bytes, path) : {};
  return { tree, ...file, ...said(origin, path) };
}

function said(metadata: Readonly<Record<string, unknown>>, path: string) {
  return { activation: saidActivation(metadata, path), classes: saidClasses(metadata) };
}

/**
 * The network in the file at `path`, see {@linkcode readWeightsFile} and {@linkcode adoptNetwork}.
 *
 * @param key which one, where there are several
 * @param activation its nonlinearity, where the file does not say that
 */
export async function readNetwork(
  path: string,
  key?: string,
  activation?: ActivationName,
): Promise<WeightsFile & Adopted> {
  const file = await readWeightsFile(path), adopted = adoptNetwork(file.tree, path, key);
  const agreed = agreedActivation(file.activation, activation, path);
  const architecture = withActivation(adopted.architecture, agreed);
  return { ...file, ...adopted, architecture, activation: architecture.activation };
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
