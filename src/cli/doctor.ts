/**
 * `memloss doctor`
 *
 * @module
 */
import { DATA_ROOT } from "../data/sets/sets.ts";
import { RECIPE_FLAGS } from "../recipe/fields.ts";
import { switchFlag } from "../recipe/flag.ts";
import { describeMachine, describeTuning } from "../report/machine_text.ts";
import { examineMachine, examineTuning } from "../upkeep/machine.ts";
import { type Command, readArguments, refuseFlags } from "./shell/command.ts";
import { printMessage, printReport } from "./shell/output.ts";

const FLAGS = {
  dataDir: RECIPE_FLAGS.dataDir,
  tuning: switchFlag("tuning", "show instead how convolutions were timed on this machine's GPUs"),
  resetTuning: switchFlag("reset-tuning", "forget these times; they are taken anew when needed"),
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

export const command: Command = {
  name: "doctor",
  positionals: "",
  summary: "tell what this machine can run, and what is missing",
  flags: FLAGS,
  examples: ["memloss doctor", "memloss doctor --tuning"],
  async run(args) {
    const { flags } = readArguments(args, FLAGS, 0);
    if (flags.tuning || flags.resetTuning) {
      const why = "has no meaning for timings: leave it or --tuning and --reset-tuning out";
      refuseFlags(FLAGS, flags, ["dataDir"], why);
      const report = await examineTuning(
        flags.resetTuning === true,
        (note) => printMessage(`note: ${note}`),
      );
      return printReport(report, flags, describeTuning);
    }
    const report = await examineMachine(flags.dataDir ?? DATA_ROOT);
    printReport(report, flags, describeMachine);
  },
};
