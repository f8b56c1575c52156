/**
 * `memloss weights import|show`
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { switchFlag, textFlag } from "../recipe/flag.ts";
import { describeWeights, describeWeightsImport } from "../report/weights/weights_text.ts";
import { importWeights } from "../upkeep/import_weights.ts";
import { showWeights } from "../upkeep/show_weights.ts";
import { actionCommand } from "./shell/actions.ts";
import { printReport } from "./shell/output.ts";
import { OVERWRITE } from "./shell/overwrite_flag.ts";

const FLAGS = {
  out: textFlag("out", "FILE", "import: the .safetensors to be written"),
  key: textFlag("key", "NAME", "import, show: which network, where a file has several"),
  overwrite: OVERWRITE,
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

export const command = actionCommand({
  name: "weights",
  question: "Say what to do with which file of weights",
  positionals: "import|show FILE",
  summary: "take over a network from PyTorch, or look into a file of weights",
  flags: FLAGS,
  actions: {
    import: {
      operands: ["FILE"],
      flags: ["json", "out", "key", "overwrite"],
      async act({ out, ...flags }, [file = ""]) {
        if (out === undefined) {
          throw new UsageError("--out is missing: name the .safetensors to be written.");
        }
        printReport(await importWeights(file, { ...flags, out }), flags, describeWeightsImport);
      },
    },
    show: {
      operands: ["FILE"],
      flags: ["json", "key"],
      async act(flags, [file = ""]) {
        printReport(await showWeights(file, flags.key), flags, describeWeights);
      },
    },
  },
  examples: [
    "memloss weights import model.pth --out weights.safetensors",
    "memloss weights show weights.safetensors",
  ],
});
