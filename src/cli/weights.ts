/**
 * `memloss weights export`
 *
 * @module
 */
import { choiceFlag, switchFlag, textFlag } from "../recipe/flag.ts";
import { EXPORT_FORMATS, exportWeights } from "../publish/export_weights.ts";
import { describeWeightsExport } from "../publish/export_text.ts";
import { CHECKPOINT_LINKS } from "../run/checkpoints.ts";
import { UsageError } from "../errors.ts";
import { actionCommand } from "./shell/actions.ts";
import { printReport } from "./shell/output.ts";
import { OVERWRITE } from "./shell/overwrite_flag.ts";

const FLAGS = {
  format: choiceFlag("format", EXPORT_FORMATS, "export: for whom", {
    torch: "a .pt or .safetensors for PyTorch, and the network's definition in Python beside it",
  }),
  out: textFlag("out", "PATH", "export: where to"),
  checkpoint: choiceFlag("checkpoint", CHECKPOINT_LINKS, "export: which of a run's checkpoints"),
  overwrite: OVERWRITE,
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

export const command = actionCommand({
  name: "weights",
  question: "Say what to do with which weights",
  positionals: "export RUN_DIR|FILE.safetensors",
  summary: "hand trained weights on to PyTorch",
  flags: FLAGS,
  actions: {
    export: {
      operands: ["RUN_DIR|FILE.safetensors"],
      flags: ["format", "out", "checkpoint", "overwrite", "json"],
      async act({ format, out, json, ...rest }, [target = ""]) {
        if (format === undefined) {
          throw new UsageError(`Say for whom: --format ${EXPORT_FORMATS.join("|")}.`);
        }
        if (out === undefined) throw new UsageError("Say where to: --out PATH.");
        const exported = await exportWeights(target, { format, out, ...rest });
        printReport(exported, { json }, describeWeightsExport);
      },
    },
  },
  examples: [
    "memloss weights export runs/v1 --format torch --out v1.pt",
  ],
});
