/**
 * What a file of weights holds: every tensor with its digest, and which network they are.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { SafeTensor } from "../format/safetensors.ts";
import type { ActivationName } from "../model/architecture.ts";
import { withActivation } from "../model/architectures/architectures.ts";
import { sha256 } from "../format/sha256.ts";
import { readSubject } from "../run/subject.ts";
import { noteAverage, withoutOptimiser } from "../weights/account.ts";
import { adoptNetwork } from "../weights/foreign/adopt.ts";
import type { Tree } from "../weights/foreign/candidates.ts";
import { readWeightsFile } from "../weights/file/read.ts";
import type { WeightsKind } from "../weights/file/sniff.ts";
import { type NetworkSummary, summariseNetwork } from "./network_summary.ts";

/** A tensor in a file. */
export interface ShownTensor {
  /** The names that lead to it, joined by points. */
  readonly name: string;
  /** As safetensors call it. */
  readonly dtype: string;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  /** SHA-256 of its values' bytes, row-major and little-endian, hexadecimal. */
  readonly sha256: string;
}

/** What a file holds. */
export interface ShownWeights {
  /** Where it is. */
  readonly file: string;
  /** What its bytes say that it is. */
  readonly kind: WeightsKind;
  /** Bytes of the file. */
  readonly bytes: number;
  /** SHA-256 of them, hexadecimal. */
  readonly sha256: string;
  /** In the order in which they lie there. */
  readonly tensors: readonly ShownTensor[];
  /** The network that they are; absent if this program knows none such. */
  readonly network?: NetworkSummary;
  /** Why they are that network, or none: sentences. */
  readonly why: readonly string[];
}

/**
 * Looks into a file, or into that of a run's best checkpoint, or of its last where none was selected.
 *
 * @example
 * ```ts
 * import {
 *   buildArchitecture,
 *   initialise,
 *   openBackend,
 *   saveWeights,
 *   showWeights,
 * } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const folder = await Deno.makeTempDir(), path = `${folder}/weights.safetensors`;
 * await saveWeights(path, initialise(buildArchitecture("resnet18", { width: 1, classes: 7 }), 1));
 * const { tensors, network } = await showWeights(path);
 * assert.deepEqual([tensors.length, network?.title, network?.classes], [122, "ResNet-18", 7]);
 * backend.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @param key which network, where there are several
 * @throws {UsageError} if no weights can be read from it
 * @throws {RunError} if it cannot be read
 */
export async function showWeights(target: string, key?: string): Promise<ShownWeights> {
  const file = await isFolder(target) ? (await readSubject(target, undefined)).path : target;
  const { kind, bytes, sha256: digest, tree, activation } = await readWeightsFile(file);
  const tensors = [...flat(tree, "", new Set(), new Map())];
  return { file, kind, bytes, sha256: digest, tensors, ...judge(tree, file, activation, key) };
}

async function isFolder(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => undefined))?.isDirectory === true;
}

function judge(
  tree: Tree,
  file: string,
  activation: ActivationName | undefined,
  key?: string,
): Pick<ShownWeights, "network" | "why"> {
  try {
    const { architecture: found, notes, tensors } = adoptNetwork(tree, file, key);
    const architecture = withActivation(found, activation);
    const besides = withoutOptimiser(tensors).size < tensors.size;
    const why = `Every tensor that ${architecture.title} has is there, in its shape, and no other${
      besides ? " but what an optimiser keeps" : ""
    }.`;
    const average = noteAverage(tensors, file, (name) => `--key ${name} shows it alone`);
    return { network: summariseNetwork(architecture), why: [why, ...notes, ...average] };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { why: [error.message] };
  }
}

function digestOf({ data }: SafeTensor): string {
  return sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** @param digests of the tensors so far: files may have one tensor in many places */
function* flat(
  tree: Tree,
  prefix: string,
  seen: Set<Tree>,
  digests: Map<unknown, string>,
): Generator<ShownTensor> {
  if (seen.has(tree)) return;
  seen.add(tree);
  for (const [name, value] of tree) {
    const full = prefix + name;
    if (value instanceof Map) {
      yield* flat(value, `${full}.`, seen, digests);
      continue;
    }
    const tensor = value as SafeTensor, { dtype, shape } = tensor;
    const digest = digests.get(tensor) ?? digestOf(tensor);
    digests.set(tensor, digest);
    yield { name: full, dtype, shape, sha256: digest };
  }
}
