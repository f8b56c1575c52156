/**
 * `memloss compare`
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { choiceFlag } from "../recipe/flag.ts";
import { type ComparedRun, compareRuns } from "../report/compare.ts";
import type { ResultTable } from "../report/tables/results.ts";
import { readEvaluations } from "../report/run_evaluations.ts";
import { tableCsv } from "../report/tables/csv.ts";
import { tableLatex } from "../report/tables/latex.ts";
import { tableMarkdown } from "../report/tables/markdown.ts";
import { CHECKPOINT_LINKS, type CheckpointLink } from "../run/checkpoints.ts";
import { readRunRecord, stoppedAfter } from "../run/folder/files.ts";
import { readSubject } from "../run/subject.ts";
import { findHelperRun } from "../run/weights/helper.ts";
import { type Command, readArguments } from "./shell/command.ts";
import { printResult } from "./shell/output.ts";
import { commandLine } from "./shell/program_name.ts";
import { SUMMARIES } from "./summaries.ts";

const FORMATS = ["markdown", "latex", "csv", "json"] as const;

const WRITERS: Readonly<Record<typeof FORMATS[number], (table: ResultTable) => string>> = {
  markdown: (table) => tableMarkdown(table),
  latex: tableLatex,
  csv: tableCsv,
  json: (table) => JSON.stringify(table, null, 2) + "\n",
};

const FLAGS = {
  format: choiceFlag("format", FORMATS, "form of the table; default markdown"),
  checkpoint: choiceFlag(
    "checkpoint",
    CHECKPOINT_LINKS,
    "evaluations of which checkpoint; default: best if there is one",
  ),
} as const;

export const command: Command = {
  name: "compare",
  positionals: "RUN_DIR…",
  summary: SUMMARIES.compare,
  flags: FLAGS,
  examples: [
    "memloss compare runs/v1-cifar10-seed* runs/trades-cifar10-seed*",
    "memloss compare runs/* --format latex",
  ],
  async run(args) {
    const { flags, positionals } = readArguments(args, FLAGS, Infinity);
    if (positionals.length === 0) {
      throw new UsageError("Say what to compare: memloss compare RUN_DIR RUN_DIR ….");
    }
    const runs: ComparedRun[] = [];
    for (const directory of positionals) runs.push(await readRun(directory, flags.checkpoint));
    const text = WRITERS[flags.format ?? "markdown"](compareRuns(runs));
    printResult(text.replace(/\n$/, ""));
  },
};

async function readRun(
  directory: string,
  checkpoint: CheckpointLink | undefined,
): Promise<ComparedRun> {
  const record = await readRunRecord(directory);
  const { sha256, run } = await readSubject(directory, checkpoint);
  const evaluations = await readEvaluations(directory, sha256);
  const helper = await findHelperRun(directory, record);
  if (evaluations.length > 0) {
    return {
      ...{ directory, record, evaluations, helper },
      stoppedAfter: await stoppedAfter(directory),
    };
  }
  throw new UsageError(
    `${directory} has no evaluation of its ${run!.link} checkpoint: ` +
      `make one with ${commandLine("eval", directory)}.`,
  );
}
