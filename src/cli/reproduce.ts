/**
 * `memloss reproduce`
 *
 * @module
 */
import { join, resolve } from "@std/path";
import * as v from "valibot";
import { Interrupted, RunError } from "../errors.ts";
import { RECIPE_FLAGS, recipeInput } from "../recipe/fields.ts";
import { type Flag, integerFlag, switchFlag, textFlag, withDefault } from "../recipe/flag.ts";
import { describeEstimate, estimate } from "../reproduce/estimate.ts";
import type { Sitting } from "../reproduce/make_cell.ts";
import { type CellPlan, planCells } from "../reproduce/plan.ts";
import { reproduce, unfinishedCells } from "../reproduce/reproduce.ts";
import { makeStep } from "../reproduce/step.ts";
import { FULL_SCALE, loadTable, TABLES } from "../reproduce/table_file.ts";
import { writeTable } from "../reproduce/write_table.ts";
import { observeEvaluation } from "./eval_status.ts";
import { checkPlanFlags, PLAN_FLAGS } from "./reproduce/plan_flags.ts";
import { writePlan } from "./reproduce/write_plan.ts";
import { type Command, inGroup, readArguments } from "./shell/command.ts";
import { refuseDeviceFlags } from "./shell/device_flags.ts";
import { interruptible } from "./shell/interrupt.ts";
import { printResult } from "./shell/output.ts";
import { commandLine, commandOfProject, withCommands } from "./shell/program_name.ts";
import { StatusLine } from "./shell/terminal.ts";
import { observeRun } from "./train_status.ts";
import { SUMMARIES } from "./summaries.ts";

const WHOLE = "must be whole numbers from 0, separated by commas";
const seedList = v.pipe(
  v.array(v.pipe(v.number(WHOLE), v.safeInteger(WHOLE), v.minValue(0, WHOLE))),
  v.check((seeds) => new Set(seeds).size === seeds.length, "must name no seed twice"),
);

const seedsFlag: Flag<typeof seedList> = {
  name: "seeds",
  placeholder: "1,2,3",
  help: "a run of every row for each of these seeds; default 1,2,3",
  schema: seedList,
  parse: (text) => text.split(",").map((part) => part.trim() === "" ? NaN : Number(part)),
};

const rowList = v.array(v.pipe(v.string(), v.nonEmpty("must be names of rows")));

const onlyFlag: Flag<typeof rowList> = {
  name: "only",
  placeholder: "ROW,…",
  help: "make these rows alone",
  schema: rowList,
  parse: (text) => text.split(","),
};

const { dataDir, backend, workers } = RECIPE_FLAGS;

/** `flag` that a table's recipes may have. */
const ofTable = <F extends Flag>(flag: F): F =>
  withDefault(flag, (own) => `the table's, or ${own}`);

const FLAGS = {
  table: {
    ...textFlag(
      "table",
      "NAME|FILE.json",
      `which table: ${Object.keys(TABLES).join(", ")}, or a file; default paper`,
    ),
    known: Object.keys(TABLES),
  },
  scale: {
    ...textFlag("scale", "NAME", `an edition of the table: ${FULL_SCALE} (default), small, …`),
    known: [FULL_SCALE, "small"],
  },
  seeds: seedsFlag,
  only: onlyFlag,
  out: textFlag("out", "DIR", "folder of the table and its runs; default reproduce-TABLE-SCALE"),
  nEx: integerFlag("n-ex", "evaluate on at most N test images", 1),
  dryRun: switchFlag("dry-run", "only say what it would take"),
  dataDir: ofTable(dataDir),
  backend: ofTable(backend),
  workers: ofTable(workers),
  ...inGroup("Several machines", PLAN_FLAGS),
} as const;

export const command: Command = {
  name: "reproduce",
  positionals: "",
  summary: SUMMARIES.reproduce,
  flags: FLAGS,
  groups: ["Several machines"],
  examples: [
    "memloss reproduce --table paper --seeds 1,2,3 --data-dir data --out paper",
    "memloss reproduce --table paper --scale small --dry-run",
    "memloss reproduce --table paper --out paper --plan slurm --shards 8 --gpus 1 --time 8:00:00",
  ],
  async run(args) {
    const { flags } = readArguments(
      args,
      FLAGS,
      0,
      (word) =>
        Object.hasOwn(TABLES, word) || word.endsWith(".json") ? `--table ${word}` : undefined,
    );
    refuseDeviceFlags(flags);
    checkPlanFlags(flags);
    const { seeds = [1, 2, 3], scale = FULL_SCALE, only, nEx, dryRun, ...rest } = flags;
    const { table: tableName = "paper", out: folder, step, ...more } = rest;
    const { plan, shards = 1, partition, gpus, time, ...device } = more;
    const table = await loadTable(tableName);
    const cells = planCells(table, { scale, seeds, only, nEx });
    const out = folder ?? `reproduce-${table.name}-${scale}`;
    const given = recipeInput(device);
    const open = await unfinishedCells(out, cells, given);
    const status = new StatusLine();
    if (plan) {
      const place = { out: resolve(out), cells, shards, partition, gpus, time };
      const command = { title: table.name, table: tableName, scale, seeds, nEx, device };
      return printResult(await writePlan(plan, { ...place, ...command }));
    }
    const say = (line: string) => dryRun ? printResult(withCommands(line)) : status.print(line);
    say(`${cells.length - open.length} of ${cells.length} cells are finished in ${out}.`);
    const sitting: Sitting = {
      given,
      watchRun: () => observeRun(status),
      watchEvaluation: () => ({ ...observeEvaluation(status), onReport: () => status.clear() }),
    };
    const command = (seeds: readonly number[]) =>
      commandOfProject(
        ...["reproduce", "--table", tableName, "--scale", scale, "--seeds", seeds.join(",")],
        ...nEx === undefined ? [] : ["--n-ex", String(nEx)],
      );
    let current = "the estimate";
    const write = (signal: AbortSignal) =>
      writeTable(out, table, { scale, seeds, nEx, command, signal });
    const show = async (signal: AbortSignal) => {
      current = "the table";
      printResult(await write(signal));
      status.print(
        `The table is ${join(out, "table.md")}, .tex, .csv and .json, its page ${
          join(out, "report.html")
        }`,
      );
    };
    const onCell = ({ name, label, seed }: CellPlan, position: number) => {
      current = name;
      status.print(`cell ${position + 1} of ${cells.length}: ${label}, seed ${seed}`);
    };
    await interruptible(async (signal) => {
      if (step === "table") return await show(signal);
      if (step) {
        for (const [position, cell] of cells.entries()) {
          onCell(cell, position);
          await makeStep(out, cell, step, { ...sitting, signal });
        }
        return;
      }
      if (open.length > 0) {
        const tell = (label: string) => status.print(`measuring a few steps of ${label}`);
        const needed = await estimate(
          out,
          cells,
          open,
          { ...sitting, signal },
          tell,
          dryRun === true,
        );
        for (const line of describeEstimate(needed, out)) say(line);
      }
      if (dryRun) return;
      const held = await reproduce(out, cells, {
        ...sitting,
        signal,
        onCell,
        onFinished: async () => {
          status.clear();
          await write(signal);
        },
      });
      await show(signal);
      if (held.length === 0) return;
      const names = held.map(({ name }) => name).join(", ");
      throw new RunError(
        `The table is not finished: other processes are at work on ${names}; run the command again when they are done.`,
      );
    }).catch((error) => {
      if (!(error instanceof Interrupted)) throw error;
      const again = commandLine("reproduce", ...args);
      throw new Interrupted(
        `Stopped in ${current}; everything so far is saved.\nContinue with: ${again}`,
      );
    });
  },
};
