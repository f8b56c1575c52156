/**
 * `memloss completions bash|zsh|fish`
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { type Command, readArguments } from "../shell/command.ts";
import { completionScript, type Shell, SHELLS } from "../shell/help/completions.ts";
import { printResult } from "../shell/output.ts";
import { SUMMARIES } from "../summaries.ts";

/** The command, for a program of all `commands`, itself included. */
export function completionsCommand(commands: () => Promise<readonly Command[]>): Command {
  return {
    name: "completions",
    positionals: SHELLS.join("|"),
    summary: SUMMARIES.completions,
    flags: {},
    examples: [
      "memloss completions bash > /etc/bash_completion.d/memloss",
      "memloss completions fish > ~/.config/fish/completions/memloss.fish",
    ],
    async run(args) {
      const { positionals: [shell = ""] } = readArguments(args, {}, 1);
      if (!SHELLS.includes(shell as Shell)) {
        throw new UsageError(`Say for which shell: memloss completions ${SHELLS.join("|")}.`);
      }
      printResult(completionScript(shell as Shell, await commands()));
    },
  };
}
