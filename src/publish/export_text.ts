/**
 * What was exported, in words.
 *
 * @module
 */
import { WEIGHTS_WORDS } from "../run/subject.ts";
import type { WeightsExport } from "./export_weights.ts";

/** The network and where it came from, and a line for each file; then what was noticed and what is missing. */
export function describeWeightsExport(
  { architecture, weights, files, notes, missing = [] }: WeightsExport,
): string {
  return [
    `${architecture} from ${weights.path} (SHA-256 ${weights.sha256.slice(0, 12)}…)${
      weights.weights ? `, ${WEIGHTS_WORDS[weights.weights]}` : ""
    }:`,
    ...files.map((file) => `  ${file}`),
    ...notes,
    ...missing.length === 0 ? [] : [`still missing in model_info: ${missing.join(", ")}`],
  ].join("\n");
}
