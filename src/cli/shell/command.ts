/**
 * What a command is, and how its arguments are read: one table of flags, validated by the schemas it carries.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import { nearestName } from "../../format/nearest_name.ts";
import { type Flag, switchFlag } from "../../recipe/flag.ts";

/** Flags by the name of the field they fill. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** The values of the flags that were given. */
export type FlagValues<T extends FlagTable> = {
  [K in keyof T]?: v.InferOutput<T[K]["schema"]>;
};

/** A command line, read and validated. */
export interface Arguments<T extends FlagTable = FlagTable> {
  readonly flags: FlagValues<T>;
  readonly positionals: readonly string[];
}

/** A command of the program. */
export interface Command {
  readonly name: string;
  /** What stands behind the name in the usage line, e.g. `RUN_DIR`. */
  readonly positionals: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly flags: FlagTable;
  /** Where the first positional says what to do: what each has behind it, and which fields of `flags` it takes. */
  readonly actions?: Readonly<
    Record<string, { readonly operands: readonly string[]; readonly flags: readonly string[] }>
  >;
  /** Titles under which the help lists flags of such a group, in this order; those of none come last. */
  readonly groups?: readonly string[];
  /** Paragraphs of the help behind the flags. */
  readonly notes?: readonly string[];
  /** Lines at the end of the help: examples. */
  readonly examples: readonly string[];
  /** Reads `args` (without the command's name) and runs. */
  run(args: readonly string[]): Promise<void>;
}

/** Flags that every command has. */
export const COMMON_FLAGS = {
  help: switchFlag("help", "show this help"),
  quiet: switchFlag("quiet", "say nothing of the progress: only results, warnings and errors"),
  verbose: switchFlag("verbose", "show where an error came from"),
} as const;

/** Whether the switch `name` is on in `args`, which need not be readable. */
export function isOn(args: readonly string[], name: keyof typeof COMMON_FLAGS): boolean {
  const said = ["", "=true", "=false"].map((value) => `--${name}${value}`);
  const last = args.findLast((arg) => said.includes(arg));
  return last !== undefined && last !== said[2];
}

/** The flags of `table`, which the help puts under the title `group`. */
export function inGroup<T extends FlagTable>(group: string, table: T): T {
  const flags = Object.entries(table).map(([field, flag]) => [field, { ...flag, group }]);
  return Object.fromEntries(flags);
}

/** A flag that the command does not have; another may. */
export class UnknownFlag extends UsageError {
  /** As it was given, with its dashes. */
  readonly flag: string;

  constructor(flag: string, nearest: string | undefined) {
    super(`Unknown flag ${flag}: ${nearest ? `did you mean --${nearest}?` : "see --help."}`);
    this.flag = flag;
  }
}

/**
 * Reads `args` by `table`.
 *
 * @param most how many positionals there may be
 * @param meant what a positional that is too many was meant to be, if that is known
 * @throws {UsageError} naming the flag that is unknown (with a suggestion), lacks its value, has a wrong one or more
 *   than one; or if a positional is empty
 */
export function readArguments<T extends FlagTable>(
  args: readonly string[],
  table: T,
  most: number,
  meant: (word: string) => string | undefined = () => undefined,
): Arguments<T> {
  const all: FlagTable = { ...table, ...COMMON_FLAGS };
  const flags = Object.values(all);
  const unknown: string[] = [];
  const positionals: string[] = [];
  refuseSwitchValues(args, flags);
  const switches = flags.filter((flag) => !flag.parse).map((flag) => flag.name);
  const valued = flags.filter((flag) => flag.parse).map((flag) => flag.name);
  const options = {
    string: valued,
    collect: valued,
    boolean: switches,
    // Otherwise one that is absent would be as if it were switched off.
    default: Object.fromEntries(switches.map((name) => [name, null])),
    alias: { h: COMMON_FLAGS.help.name },
    unknown: (arg: string, key?: string) => {
      // Taken from here, positionals stay the text that they are.
      (key === undefined ? positionals : unknown).push(arg);
      return false;
    },
  };
  const parsed: Record<string, unknown> = parseArgs(parseable(args, flags), options);
  const values: Record<string, unknown> = {};
  for (const [field, flag] of Object.entries(all)) {
    const found = parsed[flag.name],
      value = flag.parse ? onlyValue(flag, found as string[]) : found;
    if (value === undefined || value === null) continue;
    const emptied = args.includes(`--${flag.name}=`);
    const checked = readValue(flag, value === "" && !emptied ? flag.bare ?? "" : value);
    if (field in table) values[field] = checked;
  }
  if (unknown.length > 0) throw unknownFlag(unknown[0]!, flags);
  positionals.push(...(parsed._ as (string | number)[]).map(String)); // what follows `--`
  if (positionals.includes("")) {
    throw new UsageError("An argument is empty: is a variable of the shell not set?");
  }
  if (positionals.length > most) {
    const word = positionals[most]!, flag = meant(word);
    throw new UsageError(
      `Unexpected argument "${word}": ${flag ? `did you mean ${flag}?` : "see --help."}`,
    );
  }
  return { flags: values as FlagValues<T>, positionals };
}

/**
 * Refuses what was given of `fields`, because it would have no effect.
 *
 * @param why the end of a sentence that begins with the flag
 * @throws {UsageError} naming the first of them
 */
export function refuseFlags<T extends FlagTable>(
  table: T,
  flags: FlagValues<T>,
  fields: readonly (keyof T)[],
  why: string,
): void {
  const given = fields.find((field) => flags[field] !== undefined && flags[field] !== false);
  if (given !== undefined) throw new UsageError(`--${table[given]!.name} ${why}.`);
}

/** The parser would take `--resume=no` and `--resume=` for yes. */
function refuseSwitchValues(args: readonly string[], flags: readonly Flag[]): void {
  const switches = flags.filter((flag) => !flag.parse).map((flag) => flag.name);
  for (const arg of args) {
    if (arg === "--") return;
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (name === undefined || !switches.includes(name) || /^(true|false)$/.test(value!)) continue;
    throw new UsageError(describeSwitch(name, value!));
  }
}

function describeSwitch(name: string, value: string): string {
  return `--${name} takes no value${value === "" ? "" : `, not "${value}"`}.`;
}

/**
 * `args` without what the parser would misread: `--beta -1`, where it would read a flag `-1` and call the value missing
 * instead of negative, is attached as `--beta=-1`; `--no-tune=false`, of which it would drop the `no-`, is taken apart.
 */
function parseable(args: readonly string[], flags: readonly Flag[]): string[] {
  const takesValue = new Set(flags.filter((flag) => flag.parse).map((flag) => `--${flag.name}`));
  const end = args.indexOf("--"), read: string[] = [];
  for (const arg of end === -1 ? args : args.slice(0, end)) {
    const before = read.at(-1), [, flag, value] = /^(--no-[^=]+)=(.*)$/s.exec(arg) ?? [];
    if (/^-[\d.]/.test(arg) && before !== undefined && takesValue.has(before)) {
      read.push(`${read.pop()}=${arg}`);
    } else if (flag === undefined) {
      read.push(arg);
    } else {
      const known = flags.some(({ name }) => flag === `--${name}`);
      read.push(flag, ...known ? [value!] : []);
    }
  }
  return end === -1 ? read : [...read, ...args.slice(end)];
}

/** The value of a flag that takes one, which has to be said once: the last of several would count without a word. */
function onlyValue({ name, schema }: Flag, values: readonly string[]): string | undefined {
  if (values.length < 2) return values[0];
  const said = values.map((value) => `"${value}"`).join(" and ");
  const how = schema.type === "array" ? ", with commas between its values" : "";
  throw new UsageError(`--${name} is given as ${said}: say it once${how}.`);
}

function readValue(flag: Flag, value: unknown): unknown {
  if (value === "") {
    throw new UsageError(flag.parse ? describeMissing(flag) : describeSwitch(flag.name, ""));
  }
  const result = v.safeParse(flag.schema, flag.parse ? flag.parse(value as string) : value);
  if (result.success) return result.output;
  const { message, path, input } = result.issues[0];
  const wrong = path !== undefined && typeof input === "string" ? input : value; // of a list, its part
  throw new UsageError(`--${flag.name} ${message}, not "${wrong}".`);
}

function unknownFlag(argument: string, flags: readonly Flag[]): UnknownFlag {
  const given = argument.replace(/=.*$/, "");
  const nearest = nearestName(given.replace(/^-+/, ""), flags.map((flag) => flag.name));
  return new UnknownFlag(given, nearest);
}

function describeMissing({ name, placeholder }: Flag): string {
  return `--${name} needs a value: --${name}=${placeholder}.`;
}
