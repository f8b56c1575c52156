/**
 * `memloss weights import|export|show`
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { ACTIVATION_NAMES } from "../model/architecture.ts";
import { EXPORT_FORMATS, exportWeights } from "../publish/export_weights.ts";
import { describeWeightsExport } from "../publish/export_text.ts";
import { choiceFlag, switchFlag, textFlag } from "../recipe/flag.ts";
import { describeWeights, describeWeightsImport } from "../report/weights/weights_text.ts";
import { CHECKPOINT_LINKS } from "../run/checkpoints.ts";
import { importWeights } from "../upkeep/import_weights.ts";
import { showWeights } from "../upkeep/show_weights.ts";
import { BATCH_NORM_FORMS } from "../weights/export/onnx_model.ts";
import { WEIGHTS_CHOICES } from "../run/subject.ts";
import { actionCommand } from "./shell/actions.ts";
import { refuseFlags } from "./shell/command.ts";
import { printReport } from "./shell/output.ts";
import { OVERWRITE } from "./shell/overwrite_flag.ts";
import { SUMMARIES } from "./summaries.ts";

const FLAGS = {
  out: textFlag("out", "PATH", "import: the .safetensors to be written; export: what --format is"),
  key: textFlag("key", "NAME", "import, show: which network, where a file has several"),
  activation: choiceFlag(
    "activation",
    ACTIVATION_NAMES,
    "import, export: the network's nonlinearity, of which a file from elsewhere says nothing; default relu",
  ),
  format: choiceFlag("format", EXPORT_FORMATS, "export: for whom", {
    torch: "a .pt or .safetensors for PyTorch, and the network's definition in Python beside it",
    onnx: "an ONNX model of opset 17, for any number of images",
    robustbench: "a folder for RobustBench's leaderboard, with what eval has found of the run",
  }),
  batchNorm: choiceFlag("batch-norm", BATCH_NORM_FORMS, "export to onnx; default folded", {
    folded: "within the convolutions",
    separate: "as nodes of its own, with running statistics: training can go on",
  }),
  name: textFlag("name", "NAME", "export to robustbench: the model's name; default the run's"),
  checkpoint: choiceFlag(
    "checkpoint",
    CHECKPOINT_LINKS,
    "export: which checkpoint of a run; default: best if there is one",
  ),
  weights: choiceFlag(
    "weights",
    WEIGHTS_CHOICES,
    "export: which weights of a checkpoint with --weight-average; default: the average",
  ),
  overwrite: OVERWRITE,
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

export const command = actionCommand({
  name: "weights",
  question: "Say what to do with which file of weights",
  positionals: "import|export|show FILE|RUN_DIR",
  summary: SUMMARIES.weights,
  flags: FLAGS,
  actions: {
    import: {
      operands: ["FILE"],
      flags: ["json", "out", "key", "activation", "overwrite"],
      async act({ out, ...flags }, [file = ""]) {
        if (out === undefined) {
          throw new UsageError("--out is missing: name the .safetensors to be written.");
        }
        printReport(await importWeights(file, { ...flags, out }), flags, describeWeightsImport);
      },
    },
    export: {
      operands: ["RUN_DIR|FILE"],
      flags: [
        "json",
        "out",
        "format",
        "batchNorm",
        "name",
        "checkpoint",
        "weights",
        "activation",
        "overwrite",
      ],
      async act(flags, [target = ""]) {
        const { out, format, json, ...rest } = flags;
        if (format === undefined) {
          throw new UsageError(`--format is missing: say for whom, ${EXPORT_FORMATS.join("|")}.`);
        }
        if (out === undefined) {
          throw new UsageError("--out is missing: name what is to be written.");
        }
        if (format !== "onnx") {
          refuseFlags(FLAGS, flags, ["batchNorm"], "has no meaning without --format onnx");
        }
        if (format !== "robustbench") {
          refuseFlags(FLAGS, flags, ["name"], "has no meaning without --format robustbench");
        }
        const exported = await exportWeights(target, { format, out, ...rest });
        printReport(exported, { json }, describeWeightsExport);
      },
    },
    show: {
      operands: ["FILE|RUN_DIR"],
      flags: ["json", "key"],
      async act(flags, [file = ""]) {
        printReport(await showWeights(file, flags.key), flags, describeWeights);
      },
    },
  },
  examples: [
    "memloss weights import model.pth --out weights.safetensors",
    "memloss weights export runs/v1 --format torch --out v1.pt",
    "memloss weights export runs/v1 --format onnx --out v1.onnx",
    "memloss weights export runs/v1 --format robustbench --out entry",
    "memloss weights show weights.safetensors",
  ],
});
