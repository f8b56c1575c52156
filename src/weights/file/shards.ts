/**
 * Weights in several safetensors files, and the index that says which tensor is in which.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import * as v from "valibot";
import { readNamedFile } from "../../disk/files.ts";
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import { findDuplicateKey } from "../../format/json/duplicate_key.ts";
import {
  decodeSafetensors,
  FOREIGN_HEADER_BYTES,
  type SafeTensor,
} from "../../format/safetensors.ts";

const INDEX = v.object({ weight_map: v.record(v.string(), v.string()) });
/** Files of one network. */
const MOST_SHARDS = 256;
/** A file's name, which leads nowhere else. */
const NAME = /^(?!\.)[^/\\\0]+\.safetensors$/;

/**
 * The tensors of the shards that the index `bytes` at `path` names, all of which lie beside it.
 *
 * @throws {UsageError} if it is no such index, or a shard is missing, damaged, or has other tensors than the index says
 * @throws {RunError} if a shard cannot be read
 */
export async function readShards(
  bytes: Uint8Array,
  path: string,
): Promise<Map<string, SafeTensor>> {
  const map = readIndex(bytes, path);
  const shards = new Set(map.values());
  if (shards.size > MOST_SHARDS) {
    throw new UsageError(`${path} names ${shards.size} files, more than a network is saved in.`);
  }
  for (const shard of shards) {
    if (!NAME.test(shard)) {
      throw new UsageError(
        `${path} names ${quoted(shard)}, which is no safetensors file beside it.`,
      );
    }
  }
  const tensors = new Map<string, SafeTensor>();
  for (const shard of shards) {
    const file = join(dirname(path), shard);
    for (
      const [name, tensor] of decodeSafetensors(
        await readNamedFile(file),
        file,
        FOREIGN_HEADER_BYTES,
      ).tensors
    ) {
      if (map.get(name) !== shard) {
        throw new UsageError(
          `${file} holds ${quoted(name)}, which ${path} does not say: download both again.`,
        );
      }
      tensors.set(name, tensor);
    }
  }
  const missing = [...map].find(([name]) => !tensors.has(name));
  if (missing === undefined) return tensors;
  const [name, shard] = missing;
  throw new UsageError(
    `${path} says that ${shard} holds ${quoted(name)}, but it does not: download both again.`,
  );
}

function readIndex(bytes: Uint8Array, path: string): Map<string, string> {
  const text = new TextDecoder().decode(bytes);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is not valid JSON: download it again.`);
  }
  const result = v.safeParse(INDEX, json);
  if (!result.success) {
    throw new UsageError(`${path} is no index of safetensors files: ${result.issues[0].message}.`);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw new UsageError(`${path} holds ${quoted(duplicate)} twice.`);
  return new Map(Object.entries(result.output.weight_map));
}
