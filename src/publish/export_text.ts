/**
 * What was exported, in words.
 *
 * @module
 */
import type { WeightsExport } from "./export_weights.ts";

/** The network and where it came from, and a line for each file. */
export function describeWeightsExport({ architecture, weights, files }: WeightsExport): string {
  return [
    `${architecture} from ${weights.path} (SHA-256 ${weights.sha256.slice(0, 12)}…):`,
    ...files.map((file) => `  ${file}`),
  ].join("\n");
}
