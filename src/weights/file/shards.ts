/**
 * Weights in several files, and the index that says which tensor is in which.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import { findDuplicateKey } from "../../format/json/duplicate_key.ts";
import { describeIssue } from "../../format/json/schema_issue.ts";
import type { SafeTensor } from "../../format/safetensors.ts";
import { sha256 } from "../../format/sha256.ts";
import type { ActivationName } from "../../model/architecture.ts";
import { isDeeper } from "../../format/json/depth.ts";
import type { Tree } from "../foreign/candidates.ts";

const INDEX = v.object({ weight_map: v.record(v.string(), v.string()) });
/** More has no index of a network's tensors. */
const MOST_INDEX_BYTES = 2 ** 21, DEEPEST_INDEX = 8;
/** Files of one network. */
const MOST_SHARDS = 256;
/** A file's name, which leads nowhere else. */
const NAME = /^(?!\.)[^/\\\0]+\.(?:safetensors|bin|pth?)$/;

/** What a shard holds. */
export interface Shard {
  readonly tree: Tree;
  /** Bytes of its file. */
  readonly bytes: number;
  /** SHA-256 of them, hexadecimal. */
  readonly sha256: string;
  /** The nonlinearity that the file says its network has; undefined if it says none. */
  readonly activation?: ActivationName | undefined;
  /** Names of the classes that the file says its network was trained to tell apart, in label order. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * The tensors of the shards that the index `bytes` at `path` names, all of which lie beside it.
 *
 * @param read reads a shard
 * @returns the tensors, the bytes of all files, and the SHA-256 of the index and of its shards' own
 * @throws {UsageError} if it is no such index, or a shard is missing, damaged, or has other tensors than the index says
 * @throws {RunError} if a shard cannot be read
 */
export async function readShards(
  bytes: Uint8Array,
  path: string,
  read: (path: string) => Promise<Shard>,
): Promise<Shard> {
  const map = readIndex(bytes, path);
  const shards = new Set(map.values());
  if (shards.size > MOST_SHARDS) {
    throw new UsageError(`${path} names ${shards.size} files, more than a network is saved in.`);
  }
  for (const shard of shards) {
    if (!NAME.test(shard)) {
      throw new UsageError(
        `${path} names ${quoted(shard)}, which is no file of weights beside it.`,
      );
    }
  }
  const tensors = new Map<string, SafeTensor | Tree>(), digests: string[] = [];
  let size = bytes.length;
  for (const shard of shards) {
    const file = join(dirname(path), shard), { tree, ...of } = await read(file);
    size += of.bytes;
    digests.push(of.sha256);
    for (const [name, tensor] of tree) {
      if (map.get(name) !== shard) {
        throw new UsageError(
          `${file} holds ${quoted(name)}, which ${path} does not say: download both again.`,
        );
      }
      tensors.set(name, tensor);
    }
  }
  const missing = [...map].find(([name]) => !tensors.has(name));
  if (missing === undefined) {
    return { tree: tensors, bytes: size, sha256: sha256(bytes, ...digests) };
  }
  const [name, shard] = missing;
  throw new UsageError(
    `${path} says that ${shard} holds ${quoted(name)}, but it does not: download both again.`,
  );
}

function readIndex(bytes: Uint8Array, path: string): Map<string, string> {
  const text = new TextDecoder().decode(bytes);
  if (bytes.length > MOST_INDEX_BYTES || isDeeper(text, DEEPEST_INDEX)) {
    throw new UsageError(
      `${path} is no index of weights: it is too long, or nested too deep.`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is not valid JSON: download it again.`);
  }
  const result = v.safeParse(INDEX, json);
  if (!result.success) {
    throw new UsageError(`${path} is no index of weights: ${describeIssue(result.issues[0])}.`);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw new UsageError(`${path} holds ${quoted(duplicate)} twice.`);
  return new Map(Object.entries(result.output.weight_map));
}
