/**
 * `memloss verify-run`
 *
 * @module
 */
import { RunError, UsageError } from "../errors.ts";
import { RECIPE_FLAGS, recipeInput } from "../recipe/fields.ts";
import { integerFlag, ofRun } from "../recipe/flag.ts";
import { type RunVerification, verifyRun } from "../upkeep/verify_run.ts";
import { type Command, readArguments } from "./shell/command.ts";
import { interruptible } from "./shell/interrupt.ts";
import { printResult } from "./shell/output.ts";
import { StatusLine } from "./shell/terminal.ts";
import { observeRun } from "./train_status.ts";
import { SUMMARIES } from "./summaries.ts";

const { dataDir, auxData, workers } = RECIPE_FLAGS;

const FLAGS = {
  epochs: integerFlag("epochs", "the first N epochs; default all that the run has finished", 1),
  dataDir: ofRun(dataDir),
  auxData: ofRun(auxData),
  workers: ofRun(workers),
} as const;

export const command: Command = {
  name: "verify-run",
  positionals: "RUN_DIR",
  summary: SUMMARIES["verify-run"],
  flags: FLAGS,
  examples: ["memloss verify-run runs/v1", "memloss verify-run runs/v1 --epochs 2"],
  async run(args) {
    const { flags: { epochs, ...values }, positionals: [runDir] } = readArguments(args, FLAGS, 1);
    if (runDir === undefined) throw new UsageError("Say which run: memloss verify-run RUN_DIR.");
    const given = recipeInput(values), status = new StatusLine();
    const report = await interruptible((signal) =>
      verifyRun(runDir, { ...epochs && { epochs }, given, signal, observer: observeRun(status) })
    ).finally(() => status.clear());
    printResult(describeVerification(runDir, report));
    if (report.difference === undefined) return;
    const { epoch } = report.difference;
    throw new RunError(`${runDir} did not come out the same again: epoch ${epoch} differs.`);
  },
};

function describeVerification(
  runDir: string,
  { same, difference, unrecorded, changes, deterministic }: RunVerification,
): string {
  const epochs = same === 1 ? "1 epoch" : `${same} epochs`;
  const made = changes.length === 0 ? [] : [`It was made with another ${changes.join(", ")}.`];
  const older = unrecorded.length === 0 ? [] : [
    `Of ${unrecorded.length === 1 ? "epoch" : "epochs"} ${
      unrecorded.join(", ")
    } the metrics alone ` +
    "could be compared in full: " +
    "the run is older than the record of its epochs' digests.",
  ];
  if (difference === undefined) {
    const what = "metrics but for times, checkpoint and memory are the same";
    return [`${runDir}: ${epochs} trained again, ${what}.`, ...older, ...made].join("\n");
  }
  const { epoch, ...parts } = difference;
  return [
    `${runDir}: epoch ${epoch} is the first that differs${same > 0 ? `, after ${epochs}` : ""}.`,
    ...Object.entries(parts).map(([part, text]) => `  ${part.padEnd(10)}  ${text}`),
    ...older,
    ...made,
    ...deterministic ? [] : [
      "It was made without --deterministic: another processor or GPU may round otherwise.",
    ],
  ].join("\n");
}
