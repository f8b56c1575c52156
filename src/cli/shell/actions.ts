/**
 * A command that does one of several things: the first positional says which, and has flags and operands of its own.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { nearestName } from "../../format/nearest_name.ts";
import {
  type Command,
  type FlagTable,
  type FlagValues,
  readArguments,
  refuseFlags,
} from "./command.ts";

/** One of the things that a command does. */
export interface Action<T extends FlagTable> {
  /** What stands behind its name, e.g. `RUN_DIR`; all of them must be there. */
  readonly operands: readonly string[];
  /** The flags that have a meaning for it. */
  readonly flags: readonly (keyof T & string)[];
  /** Does it; `operands` are as many as those above. */
  act(flags: FlagValues<T>, operands: readonly string[]): Promise<void>;
}

/** What a command with actions is made of. */
export interface ActionCommand<T extends FlagTable>
  extends Pick<Command, "name" | "positionals" | "summary" | "examples"> {
  /** What a command line that says no action is answered, e.g. `Say what to do with which memory`. */
  readonly question: string;
  /** All flags that any action has. */
  readonly flags: T;
  readonly actions: Readonly<Record<string, Action<T>>>;
}

/** The command `name` that does one of `actions`. */
export function actionCommand<T extends FlagTable>(
  { name: command, question, positionals, flags: table, actions, ...rest }: ActionCommand<T>,
): Command {
  const names = Object.keys(actions);
  const most = Math.max(...Object.values(actions).map(({ operands }) => operands.length));
  return {
    ...rest,
    name: command,
    positionals,
    flags: table,
    actions,
    async run(args) {
      const { flags, positionals: [name, ...operands] } = readArguments(args, table, 1 + most);
      const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (action === undefined) {
        const nearest = name === undefined ? undefined : nearestName(name, names);
        throw new UsageError(
          nearest
            ? `Unknown action "${name}": did you mean memloss ${command} ${nearest}?`
            : `${question}: memloss ${command} ${positionals}.`,
        );
      }
      const usage = ["memloss", command, name, ...action.operands].join(" ");
      const missing = action.operands[operands.length];
      if (missing !== undefined) throw new UsageError(`${missing} is missing: ${usage}`);
      const extra = operands[action.operands.length];
      if (extra !== undefined) throw new UsageError(`Unexpected argument "${extra}": ${usage}`);
      const foreign = Object.keys(table).filter((field) => !action.flags.includes(field));
      refuseFlags(table, flags, foreign, `has no meaning for memloss ${command} ${name}`);
      await action.act(flags, operands);
    },
  };
}
