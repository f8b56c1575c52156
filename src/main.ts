/**
 * The program's entry: argv to command, errors to exit codes. A command's code is loaded when it is asked for.
 *
 * @module
 */
import { type Command, isOn, UnknownFlag } from "./cli/shell/command.ts";
import { describeCommand, wrap } from "./cli/shell/help/help.ts";
import { printMessage, printResult } from "./cli/shell/output.ts";
import { programHere } from "./cli/shell/program_name.ts";
import { SUMMARIES } from "./cli/summaries.ts";
import { columns, silence } from "./cli/shell/terminal.ts";
import { Interrupted, RunError, UsageError } from "./errors.ts";
import { nearestName } from "./format/nearest_name.ts";

const COMMANDS: Readonly<Record<keyof typeof SUMMARIES, () => Promise<{ command: Command }>>> = {
  train: () => import("./cli/train.ts"),
  eval: () => import("./cli/eval.ts"),
  "verify-run": () => import("./cli/verify_run.ts"),
  memory: () => import("./cli/memory.ts"),
  weights: () => import("./cli/weights.ts"),
  compare: () => import("./cli/compare.ts"),
  report: () => import("./cli/report.ts"),
  reproduce: () => import("./cli/reproduce.ts"),
  data: () => import("./cli/data.ts"),
  doctor: () => import("./cli/doctor.ts"),
  bench: () => import("./cli/bench.ts"),
  completions: async () => {
    const { completionsCommand } = await import("./cli/about/completions.ts");
    return { command: completionsCommand(allCommands) };
  },
};

/**
 * Runs the program.
 *
 * @param args the command line, without the program's name
 * @returns the exit code: 0 done, 1 failed while running, 2 wrong use or bad input, 130 interrupted
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await dispatch(args);
    return 0;
  } catch (error) {
    return report(error, isOn(args, "verbose"));
  }
}

async function dispatch([name, ...rest]: readonly string[]): Promise<void> {
  if (name === "help" && rest.length > 0) {
    await refuseUnknownAction(rest);
    return await dispatch([...rest, "--help"]);
  }
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    printResult(overview());
    return;
  }
  if (name === "--version" || name === "-V") {
    const { describeVersion } = await import("./cli/about/version.ts");
    printResult(await describeVersion());
    return;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name as keyof typeof COMMANDS] : undefined;
  if (load === undefined) {
    const nearest = nearestName(name, [...Object.keys(COMMANDS), "help", "--help", "--version"]);
    const behind = name.startsWith("-") && rest.find((word) => Object.hasOwn(COMMANDS, word));
    throw new UsageError(
      `Unknown command "${name}": ${
        nearest
          ? `did you mean ${nearest}?`
          : behind
          ? `put flags behind the command, as in memloss ${behind} ${name}.`
          : "see --help."
      }`,
    );
  }
  const { command } = await load();
  if (isOn(rest, "help") || rest.includes("-h")) {
    const action = rest.find((arg) => Object.hasOwn(command.actions ?? {}, arg));
    printResult(describeCommand(command, { action, columns: columns(), program: programHere() }));
    return;
  }
  if (isOn(rest, "quiet")) silence();
  try {
    await command.run(rest);
  } catch (error) {
    throw error instanceof UnknownFlag ? await explained(error, command) : error;
  }
}

/** Throws a {@linkcode UsageError} if a command with actions has none of the name that is asked for behind it. */
async function refuseUnknownAction([name, action]: readonly string[]): Promise<void> {
  if (action === undefined || !Object.hasOwn(COMMANDS, name!)) return;
  const { command } = await COMMANDS[name as keyof typeof COMMANDS]();
  if (command.actions === undefined || Object.hasOwn(command.actions, action)) return;
  await command.run([action]); // which refuses it
}

/** `error` with what the flag that `command` does not have is elsewhere. */
async function explained(error: UnknownFlag, command: Command): Promise<UsageError> {
  const { name, positionals } = command, { flag, message } = error;
  if (flag === "--run-dir" && positionals.includes("RUN_DIR")) {
    return new UsageError(
      `Unknown flag ${flag}: memloss ${name} takes the folder without one: ${name} ${positionals}.`,
    );
  }
  const owners = (await allCommands()).filter(({ flags }) =>
    Object.values(flags).some((other) => `--${other.name}` === flag)
  );
  if (owners.length === 0) return error;
  const others = new Intl.ListFormat("en-GB").format(owners.map(({ name }) => `memloss ${name}`));
  return new UsageError(
    message.endsWith("?")
      ? `${message.slice(0, -1)}, or ${others}, which has ${flag}?`
      : `Unknown flag ${flag}: it belongs to ${others}, not to memloss ${name}.`,
  );
}

async function allCommands(): Promise<Command[]> {
  const loaded = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return loaded.map(({ command }) => command);
}

function overview(): string {
  const width = Math.max(...Object.keys(SUMMARIES).map(({ length }) => length));
  const program = programHere(), room = columns() - width - 4;
  return [
    "memloss trains adversarially robust image classifiers with MemLoss (arXiv 2510.09105).",
    "",
    "Usage: memloss COMMAND [flags]",
    "",
    ...Object.entries(SUMMARIES).flatMap(([name, summary]) =>
      wrap(summary, room).map((line, i) => `  ${(i === 0 ? name : "").padEnd(width)}  ${line}`)
    ),
    "",
    `  $ ${program} help COMMAND   shows a command's flags`,
    `  $ ${program} --version      shows which program this is`,
  ].join("\n");
}

/** Prints what went wrong, in one sentence where it is known, and returns the exit code. */
export function report(error: unknown, verbose: boolean): number {
  const known = error instanceof UsageError || error instanceof RunError ||
    error instanceof Interrupted;
  const message = error instanceof Error ? error.message : String(error);
  const prefix = error instanceof Interrupted ? "" : known ? "error: " : "unexpected error: ";
  printMessage(prefix + message);
  if (verbose && error instanceof Error) printMessage(`${error.stack}`);
  else if (!known) printMessage("Run again with --verbose to see where it came from.");
  return known ? error.exitCode : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
