/**
 * Files of weights, and what was done with them, in words.
 *
 * @module
 */
import { mebibytes } from "../../format/mebibytes.ts";
import type { WeightsImport } from "../../upkeep/import_weights.ts";
import type { NetworkSummary } from "../../upkeep/network_summary.ts";
import type { ShownWeights } from "../../upkeep/show_weights.ts";

/** What the kinds of files are called. */
const KINDS: Readonly<Record<ShownWeights["kind"], string>> = {
  safetensors: "safetensors",
  shards: "safetensors in several files",
  "torch-zip": "PyTorch",
  "torch-pickle": "PyTorch, its older format",
};

/** Which network is where now, and what was done to its tensors. */
export function describeWeightsImport({ network, out, outSha256, notes }: WeightsImport): string {
  return [`${describeNetwork(network)} is in ${out}`, `  sha256 ${outSha256}`, ...indented(notes)]
    .join("\n");
}

/** A line for the file, one for each tensor, and which network they are. */
export function describeWeights(shown: ShownWeights): string {
  const { file, kind, bytes, sha256, tensors, network, why } = shown;
  const name = Math.max(...tensors.map(({ name }) => name.length));
  const type = Math.max(...tensors.map(({ dtype, shape }) => describeType(dtype, shape).length));
  return [
    `${file}: ${KINDS[kind]}, ${mebibytes(bytes)} MiB, ${tensors.length} tensors`,
    `  sha256 ${sha256}`,
    ...tensors.map((tensor) =>
      `  ${tensor.name.padEnd(name)}  ${
        describeType(tensor.dtype, tensor.shape).padEnd(type)
      }  ${tensor.sha256}`
    ),
    network ? `${describeNetwork(network)}` : "No network that this program knows",
    ...indented(why),
  ].join("\n");
}

function describeType(dtype: string, shape: readonly number[]): string {
  return `${dtype} [${shape.join(", ")}]`;
}

function describeNetwork({ title, parameters, classes, channels }: NetworkSummary): string {
  return `${title} of ${parameters} parameters for ${classes} classes of ${channels}-channel images`;
}

function indented(sentences: readonly string[]): string[] {
  return sentences.map((sentence) => `  ${sentence}`);
}
