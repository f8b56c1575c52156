/**
 * What scripts share that read flags: help, `--quiet`, `--verbose` and exit codes as the program has them.
 *
 * @module
 */
import { COMMON_FLAGS, type FlagTable, isOn } from "../src/cli/shell/command.ts";
import { flagLines, wrap } from "../src/cli/shell/help/help.ts";
import { printResult } from "../src/cli/shell/output.ts";
import { columns, silence } from "../src/cli/shell/terminal.ts";
import { UsageError } from "../src/errors.ts";
import { report } from "../src/main.ts";

/** A script that reads flags. */
export interface Task {
  /** How it is called, its operands included, e.g. `deno task bench:apgd RUN_DIR`. */
  readonly call: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly flags: FlagTable;
  /** Whether it shows its progress on a status line, which `--quiet` leaves out. */
  readonly showsProgress?: true;
  run(args: readonly string[]): Promise<void>;
}

/** Runs `task`, or prints its help; ends the process where it fails. */
export async function runTask(task: Task, args: readonly string[] = Deno.args): Promise<void> {
  try {
    if (isOn(args, "help") || args.includes("-h")) return printResult(describeTask(task));
    if (isOn(args, "quiet")) {
      if (!task.showsProgress) throw new UsageError(`--quiet has no meaning for ${task.call}.`);
      silence();
    }
    await task.run(args);
  } catch (error) {
    Deno.exit(report(error, isOn(args, "verbose")));
  }
}

function describeTask({ call, summary, flags, showsProgress }: Task): string {
  const { help, quiet, verbose } = COMMON_FLAGS;
  const all = [...Object.values(flags), help, ...showsProgress ? [quiet] : [], verbose];
  return [
    ...wrap(summary, columns()),
    "",
    `Usage: ${call} [flags]`,
    "",
    ...flagLines(all, columns()),
  ].join("\n");
}
