/**
 * A network from somewhere else as a file of ours.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { writeFileAtomically } from "../disk/files.ts";
import { encodeSafetensors } from "../format/safetensors.ts";
import { sha256 } from "../format/sha256.ts";
import { checkOutput, safetensorsWith } from "../run/output.ts";
import { OPTIMISER } from "../weights/account.ts";
import { readNetwork } from "../weights/file/read.ts";
import { type NetworkSummary, summariseNetwork } from "./network_summary.ts";

/** How weights are imported. */
export interface ImportOptions {
  /** The file to be written, `.safetensors`. */
  readonly out: string;
  /** Whether a file of any kind may be replaced. */
  readonly overwrite?: boolean | undefined;
  /** Which network, where the file has several: the names that lead to it, joined by points. */
  readonly key?: string | undefined;
}

/** What was imported. */
export interface WeightsImport {
  readonly file: string;
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly sha256: string;
  readonly out: string;
  /** SHA-256 of what was written. */
  readonly outSha256: string;
  readonly network: NetworkSummary;
  /** What was done to the tensors, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads the network in `file`, accounts for each of its tensors and writes it under the names that it has here.
 *
 * @throws {UsageError} if there is no network in it that is known, or `out` cannot be written without losing something
 * @throws {RunError} if the file cannot be read, or the disk fails
 */
export async function importWeights(
  file: string,
  { out, overwrite = false, key }: ImportOptions,
): Promise<WeightsImport> {
  if (!out.endsWith(".safetensors")) {
    throw new UsageError(`--out must be a .safetensors, not "${out}".`);
  }
  const { architecture, tensors, notes, sha256: digest } = await readNetwork(file, key);
  const kind = safetensorsWith(`${architecture.linear}.weight`);
  await checkOutput(out, { flag: "--out", kind, inputs: [file], overwrite });
  const own = new Map([...tensors].filter(([name]) => !name.startsWith(OPTIMISER)));
  const bytes = encodeSafetensors(own, { format: "pt" });
  await writeFileAtomically(out, bytes);
  const network = summariseNetwork(architecture);
  return { file, sha256: digest, out, outSha256: sha256(bytes), network, notes };
}
