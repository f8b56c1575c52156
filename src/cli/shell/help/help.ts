/**
 * The help of a command: its usage, its flags by topic, and examples that can be pasted.
 *
 * @module
 */
import type { Flag } from "../../../recipe/flag.ts";
import { type Command, COMMON_FLAGS } from "../command.ts";

/** Characters of the column of flags, at most. */
const MOST_FLAG = 34;
/** Characters that the column beside it has, whatever the terminal's width. */
const LEAST_HELP = 24;

/** What is shown, and where. */
export interface HelpOptions {
  /** One of the command's actions, whose help it is. */
  readonly action?: string | undefined;
  /** Characters in a line; as many as it takes unless given. */
  readonly columns?: number;
  /** What calls the program, in examples. */
  readonly program?: string;
}

/** The help text of `command`. */
export function describeCommand(
  command: Command,
  { action, columns = Infinity, program = "memloss" }: HelpOptions = {},
): string {
  const shown = action === undefined ? undefined : command.actions?.[action];
  const called = ["memloss", command.name, ...action === undefined ? [] : [action]].join(" ");
  const own = Object.entries(command.flags)
    .filter(([field]) => shown === undefined || shown.flags.includes(field))
    .map(([, flag]) => action === undefined ? flag : flagOfAction(flag, action, command));
  const flags: readonly Flag[] = [...own, ...Object.values(COMMON_FLAGS)];
  const describe = (some: readonly Flag[]) => flagLines(some, columns, flags);
  const groups = (command.groups ?? []).map((title) => ({
    title,
    members: flags.filter(({ group }) => group === title),
  })).filter(({ members }) => members.length > 0);
  const others = flags.filter((flag) => !groups.some(({ members }) => members.includes(flag)));
  const examples = command.examples.filter((example) =>
    action === undefined || `${example} `.startsWith(`${called} `)
  );
  return [
    ...wrap(command.summary, columns),
    "",
    `Usage: ${usages(command, action).join("\n       ")}`,
    "",
    ...groups.flatMap(({ title, members }) => [`${title}:`, ...describe(members), ""]),
    ...describe(others),
    ...(command.notes ?? []).flatMap((note) => ["", ...wrap(note, columns)]),
    ...examples.length > 0 ? [""] : [],
    ...examples.map((example) => `  $ ${example.replace(/^memloss/, () => program)}`),
  ].join("\n");
}

/** How `command` is called: to do `action`, or each of those that it has. */
function usages({ name, positionals, actions }: Command, action: string | undefined): string[] {
  const all = actions === undefined ? [positionals] : Object.entries(actions)
    .filter(([each]) => action === undefined || each === action)
    .map(([each, { operands }]) => [each, ...operands].join(" "));
  return all.map((behind) => ["memloss", name, behind, "[flags]"].filter(Boolean).join(" "));
}

/** `flag` with what its help says of `action`: parts of it may begin with the actions that they are about. */
function flagOfAction(flag: Flag, action: string, { actions = {} }: Command): Flag {
  let about: readonly string[] = [action];
  const parts = flag.help.split("; ").flatMap((part) => {
    const [prefix = "", names = ""] = /^([a-z, ]+): /.exec(part) ?? [];
    const listed = names.split(", ");
    const said = listed.every((name) => Object.hasOwn(actions, name));
    if (said) about = listed;
    return about.includes(action) ? [said ? part.slice(prefix.length) : part] : [];
  });
  return { ...flag, help: parts.join("; ") };
}

/** What stands on the left and on the right for `flag` and for each of its choices. */
function flagRows({ name, placeholder, help, choices = {} }: Flag): [string, string][] {
  return [
    [`--${name}${placeholder ? ` ${placeholder}` : ""}`, help],
    ...Object.entries(choices).map(([choice, what]): [string, string] => [`  ${choice}`, what]),
  ];
}

/** `flags` and what they are, in lines of `columns`; those of `all` stand under one another. */
export function flagLines(
  flags: readonly Flag[],
  columns: number,
  all: readonly Flag[] = flags,
): string[] {
  const width = Math.min(
    MOST_FLAG,
    Math.max(...all.flatMap(flagRows).map(([flag]) => flag.length)),
  );
  const indent = " ".repeat(width + 4);
  return flags.flatMap(flagRows).flatMap(([flag, help]) => {
    const [first = "", ...more] = wrap(help, Math.max(LEAST_HELP, columns - indent.length));
    const begin = flag.length > width
      ? [`  ${flag}`, `${indent}${first}`]
      : [`  ${flag.padEnd(width)}  ${first}`];
    return [...begin, ...more.map((line) => `${indent}${line}`)];
  });
}

/** `text` in lines of at most `columns` characters, where its words allow. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
