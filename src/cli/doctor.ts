/**
 * `memloss doctor`
 *
 * @module
 */
import { DATA_ROOT } from "../data/sets/sets.ts";
import { RECIPE_FLAGS } from "../recipe/fields.ts";
import { switchFlag, textFlag } from "../recipe/flag.ts";
import type { RecipeInput } from "../recipe/recipe.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { describeMachine, describeTuning } from "../report/machine_text.ts";
import { describeRunEstimate, estimateRun, type RunEstimate } from "../reproduce/estimate_run.ts";
import { knownData } from "../reproduce/known_data.ts";
import { OWN_RECIPES, readNamedRecipe } from "../run/named_recipe.ts";
import { examineMachine, examineTuning, type MachineReport } from "../upkeep/machine.ts";
import { type Command, readArguments, refuseFlags } from "./shell/command.ts";
import { interruptible } from "./shell/interrupt.ts";
import { printMessage, printReport } from "./shell/output.ts";
import { StatusLine } from "./shell/terminal.ts";
import { SUMMARIES } from "./summaries.ts";

const FLAGS = {
  dataDir: RECIPE_FLAGS.dataDir,
  auxData: RECIPE_FLAGS.auxData,
  measure: switchFlag("measure", "train a few steps of the paper's recipe: speed, hours, disk"),
  recipe: textFlag(
    "recipe",
    "NAME|RUN_DIR|FILE",
    `measure ${
      Object.keys(OWN_RECIPES).join(", ")
    }, the recipe of a run but for where its data lay, or a file of some fields instead of the paper's`,
  ),
  tuning: switchFlag("tuning", "show instead how convolutions were timed on this machine's GPUs"),
  resetTuning: switchFlag("reset-tuning", "forget these times; they are taken anew when needed"),
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

export const command: Command = {
  name: "doctor",
  positionals: "",
  summary: SUMMARIES.doctor,
  flags: FLAGS,
  examples: [
    "memloss doctor",
    "memloss doctor --measure",
    "memloss doctor --recipe runs/v1 --json",
    "memloss doctor --tuning",
  ],
  async run(args) {
    const { flags } = readArguments(args, FLAGS, 0);
    if (flags.tuning || flags.resetTuning) {
      const why = "has no meaning for timings: leave it or --tuning and --reset-tuning out";
      refuseFlags(FLAGS, flags, ["dataDir", "auxData", "measure", "recipe"], why);
      const report = await examineTuning(
        flags.resetTuning === true,
        (note) => printMessage(`note: ${note}`),
      );
      return printReport(report, flags, describeTuning);
    }
    const { dataDir, auxData, recipe } = flags, measures = flags.measure || recipe !== undefined;
    if (!measures) refuseFlags(FLAGS, flags, ["auxData"], "needs --recipe or --measure");
    const given = {
      ...auxData !== undefined && { auxData },
      ...recipe !== undefined && (await readNamedRecipe(recipe, auxData)).recipe,
      ...dataDir !== undefined && { dataDir },
    };
    const machine = await examineMachine(dataDir ?? DATA_ROOT);
    if (!measures) return printReport(machine, flags, describeMachine);
    const status = new StatusLine();
    status.update("measuring a few steps");
    const run = await interruptible((signal) => measureRun(given, machine, signal))
      .finally(() => status.clear());
    printReport({ ...machine, run }, flags, ({ run, ...machine }) => {
      const subject = recipe ?? `the paper's ${resolveRecipe({}).variant}`;
      const [said, ...warnings] = describeRunEstimate(run, machine.disk.directory);
      return [describeMachine(machine), `run     ${subject}: ${said}`, ...warnings].join("\n");
    });
  },
};

/** What a run of `given` would take; where its data are missing, on images that are computed instead of them. */
async function measureRun(
  given: RecipeInput,
  { disk }: MachineReport,
  signal: AbortSignal,
): Promise<RunEstimate & { readonly measuredOn: string }> {
  const recipe = resolveRecipe(given), known = await knownData(recipe);
  const estimate = await estimateRun(given, known, disk.directory, signal);
  return { ...estimate, measuredOn: known.measured.data ?? recipe.data };
}
