/**
 * Files of weights, and what was done with them, in words.
 *
 * @module
 */
import { mebibytes } from "../../format/mebibytes.ts";
import { quoted } from "../../format/quoted.ts";
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
  const rows = tensors.map(({ name, dtype, shape, sha256 }) => ({
    label: /^[\x20-\x7e]{1,120}$/.test(name) ? name : quoted(name),
    type: `${dtype} [${shape.join(", ")}]`,
    sha256,
  }));
  const [name, width] = (["label", "type"] as const)
    .map((part) => rows.reduce((most, row) => Math.max(most, row[part].length), 0)) as [
      number,
      number,
    ];
  return [
    `${file}: ${KINDS[kind]}, ${mebibytes(bytes)} MiB, ${tensors.length} tensors`,
    `  sha256 ${sha256}`,
    ...rows.map(({ label, type, sha256 }) =>
      `  ${label.padEnd(name)}  ${type.padEnd(width)}  ${sha256}`
    ),
    network ? `${describeNetwork(network)}` : "No network that this program knows",
    ...indented(why),
  ].join("\n");
}

function describeNetwork({ title, parameters, classes, channels }: NetworkSummary): string {
  return `${title} of ${parameters} parameters for ${classes} classes of ${channels}-channel images`;
}

function indented(sentences: readonly string[]): string[] {
  return sentences.map((sentence) => `  ${sentence}`);
}
