/**
 * A table on several machines, as flags.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import type { Shard } from "../../evaluate/shards/shard.ts";
import type { CellStep } from "../../reproduce/step.ts";
import { choiceFlag, type Flag, integerFlag } from "../../recipe/flag.ts";
import { SHARD_FLAGS } from "../eval/shard_flags.ts";
import { type FlagValues, refuseFlags } from "../shell/command.ts";

/** A step of a plan: of a cell, or the writing of the table. */
export type Step = CellStep | "table";

const EXPECTED = "must be train, I/N, cell or table";
const stepSchema = v.custom<Step>((step) => step !== undefined, EXPECTED);

const stepFlag: Flag<typeof stepSchema> = {
  name: "step",
  placeholder: "train|I/N|cell|table",
  help:
    "one step of a plan: train the runs, evaluate a part of the images under AutoAttack, make what is left of the cells, " +
    "or write the table of those that are there",
  schema: stepSchema,
  parse(text): Step | undefined {
    if (text === "train" || text === "cell" || text === "table") return text;
    const { schema, parse } = SHARD_FLAGS.shard, shard = v.safeParse(schema, parse!(text));
    return shard.success ? shard.output as Shard : undefined;
  },
};

function wordFlag(name: string, placeholder: string, help: string, form: RegExp, example: string) {
  const schema = v.pipe(v.string(), v.regex(form, `must be as SLURM takes it, such as ${example}`));
  return { name, placeholder, help, schema, parse: (text: string): unknown => text };
}

/**
 * @throws {UsageError} if a flag has nothing to act on
 */
export function checkPlanFlags(
  flags: FlagValues<typeof PLAN_FLAGS> & { readonly dryRun?: boolean; readonly only?: unknown },
): void {
  const { plan, step, dryRun, only } = flags;
  if (plan === undefined) {
    refuseFlags(PLAN_FLAGS, flags, ["shards", "partition", "gpus", "time"], "needs --plan");
  }
  if (plan !== undefined && step !== undefined) {
    throw new UsageError("--plan writes all steps: leave out --step.");
  }
  if (dryRun && (plan ?? step) !== undefined) {
    const flag = plan === undefined ? "step" : "plan";
    throw new UsageError(`--dry-run says what a table takes, without --${flag}: leave one out.`);
  }
  if (step === "table" && only !== undefined) {
    throw new UsageError("--step table writes all rows that are there: leave out --only.");
  }
}

/** How a table is made on several machines. */
export const PLAN_FLAGS = {
  plan: choiceFlag(
    "plan",
    ["slurm", "snakemake"],
    "make nothing, and write scripts into --out by which a cluster makes the table",
  ),
  shards: integerFlag(
    "shards",
    "of a plan: parts that AutoAttack on a cell is cut into; default 1",
    1,
    1000,
  ),
  partition: wordFlag("partition", "NAME", "of a plan: where its jobs run", /^[\w.,-]+$/, "gpu"),
  gpus: wordFlag(
    "gpus",
    "[TYPE:]N",
    "of a plan: GPUs of each job",
    /^([\w.-]+:)?\d+$/,
    "1 or a100:1",
  ),
  time: wordFlag(
    "time",
    "[D-]HH:MM:SS",
    "of a plan: the longest that a job runs, which then goes on in another",
    /^(\d+(:\d\d){0,2}|\d+-\d+(:\d\d){0,2})$/,
    "8:00:00",
  ),
  step: stepFlag,
} as const;
