/**
 * A network from somewhere else as a file of ours.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { writeFileAtomically } from "../disk/files.ts";
import { encodeSafetensors } from "../format/safetensors.ts";
import { sha256 } from "../format/sha256.ts";
import type { ActivationName } from "../model/architecture.ts";
import { checkOutput, exactly } from "../run/output.ts";
import { noteAverage, withoutOptimiser } from "../weights/account.ts";
import { activationMetadata } from "../weights/said_activation.ts";
import { classesMetadata } from "../weights/said_classes.ts";
import { readNetwork } from "../weights/file/read.ts";
import { type NetworkSummary, summariseNetwork } from "./network_summary.ts";

/** How weights are imported. */
export interface WeightsImportOptions {
  /** The file to be written, `.safetensors`. */
  readonly out: string;
  /**
   * Whether a file that has something else may be replaced.
   *
   * @default {false}
   */
  readonly overwrite?: boolean | undefined;
  /**
   * Which network, where the file has several: the names that lead to it, joined by points.
   *
   * @default {the one that is trained, and no average of it}
   */
  readonly key?: string | undefined;
  /**
   * The network's nonlinearity, of which a file from elsewhere says nothing.
   *
   * @default {"relu", or what the file says}
   */
  readonly activation?: ActivationName | undefined;
}

/** What was imported. */
export interface WeightsImport {
  /** Where it was read from. */
  readonly file: string;
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly sha256: string;
  /** What was written. */
  readonly out: string;
  /** SHA-256 of what was written. */
  readonly outSha256: string;
  /** Which network it is. */
  readonly network: NetworkSummary;
  /** What was done to the tensors, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads the network in `file`, accounts for each of its tensors and writes it under the names that it has here. No device
 * is needed.
 *
 * @example A file that is not what its name says
 * ```ts
 * import { importWeights, UsageError } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir(), theirs = `${folder}/model.pth`;
 * await Deno.writeTextFile(theirs, "version https://git-lfs.github.com/spec/v1\n");
 * const importing = importWeights(theirs, { out: `${folder}/weights.safetensors` });
 * await assert.rejects(importing, UsageError); // fetch it with git lfs pull
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {UsageError} if there is no network in it that is known, or `out` cannot be written without losing something
 * @throws {RunError} if the file cannot be read, or the disk fails
 */
export async function importWeights(
  file: string,
  { out, overwrite = false, key, activation }: WeightsImportOptions,
): Promise<WeightsImport> {
  if (!out.endsWith(".safetensors")) {
    throw new UsageError(`--out must be a .safetensors, not "${out}".`);
  }
  const read = await readNetwork(file, key, activation);
  const { architecture, tensors, notes, sha256: digest, classes } = read;
  const own = withoutOptimiser(tensors), left = tensors.size - own.size;
  const said = { ...activationMetadata(architecture.activation), ...classesMetadata(classes) };
  const bytes = encodeSafetensors(own, { format: "pt", ...said });
  const kind = exactly(bytes, "what would be written");
  await checkOutput(out, { flag: "--out", kind, inputs: [file], overwrite });
  await writeFileAtomically(out, bytes);
  const optimiser = left === 0 ? [] : [`${left} tensors of the optimiser's are left out.`];
  const averaged = noteAverage(tensors, file, (key) => `--key ${key} takes that`);
  const network = summariseNetwork(architecture);
  return {
    file,
    sha256: digest,
    out,
    outSha256: sha256(bytes),
    network,
    notes: [...notes, ...optimiser, ...averaged],
  };
}
