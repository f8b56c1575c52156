/**
 * One row of the table of flags: a flag's text form, its schema and its help are said once, here, and the recipe file,
 * the parser and `--help` are made from it.
 *
 * @module
 */
import * as v from "valibot";

/** A flag that takes a value, or a switch. */
export interface Flag<S extends v.GenericSchema = v.GenericSchema> {
  /** Hyphenated, without dashes. */
  readonly name: string;
  /** What stands for the value in `--help`; absent for a switch. */
  readonly placeholder?: string;
  /** The text that it stands for without a value; absent where it needs one. */
  readonly bare?: string;
  readonly help: string;
  /** Where the help puts it, in a command whose help has titles. */
  readonly group?: string;
  /** Values that a shell offers of a flag which takes others too, such as lists of them. */
  readonly known?: readonly string[];
  /** What each choice is, for the help; absent where their names say it. */
  readonly choices?: Readonly<Record<string, string>>;
  /** What the parsed value must satisfy. */
  readonly schema: S;
  /** Text to value, before the schema looks at it; absent for a switch. */
  readonly parse?: (text: string) => unknown;
}

/** Between what a flag is and what it is unless given. */
const DEFAULT = "; default ";

/** `flag` whose help says what it is unless given, for a command where that is not what the help has now (`own`). */
export function withDefault<F extends Flag>(flag: F, said: (own: string) => string): F {
  const [what, own = ""] = flag.help.split(DEFAULT);
  return { ...flag, help: `${what}${DEFAULT}${said(own)}` };
}

/** The flag of a recipe's field where it is the run's unless given. */
export function ofRun<F extends Flag>(flag: F): F {
  return withDefault(flag, () => "the run's own");
}

/**
 * A flag whose value is one of `choices`, each `described` in a few words if their names do not say it.
 *
 * @param instead what to say in place of a text that is none of them, to follow "must be"; all of them unless given
 */
export function choiceFlag<const C extends readonly string[]>(
  name: string,
  choices: C,
  help: string,
  described?: Readonly<Record<string, string>>,
  instead: (text: string) => string | undefined = () => undefined,
): Flag<v.PicklistSchema<C, v.ErrorMessage<v.PicklistIssue>>> {
  const schema = v.picklist(
    choices,
    ({ input }) => `must be ${instead(String(input)) ?? `one of ${choices.join(", ")}`}`,
  );
  const flag = {
    name,
    placeholder: choices.join("|"),
    help,
    schema,
    parse: (text: string) => text,
  };
  return described ? { ...flag, choices: described } : flag;
}

/** A flag whose value is text that is not empty, e.g. a path. */
export function textFlag(name: string, placeholder: string, help: string) {
  const schema = v.pipe(v.string(), v.nonEmpty("must not be empty"));
  return { name, placeholder, help, schema, parse: (text: string): unknown => text };
}

/** A flag that is either there or not. */
export function switchFlag(name: string, help: string): Flag<v.BooleanSchema<string>> {
  return { name, help, schema: v.boolean("takes no value") };
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number a text says, `8/255` included; NaN if it says none. */
export function parseNumber(text: string): number {
  const parts = text.split("/").map((part) => DECIMAL.test(part.trim()) ? Number(part) : NaN);
  return parts.length > 2 ? NaN : parts.reduce((quotient, divisor) => quotient / divisor);
}

function numeric(name: string, placeholder: string, help: string, expected: string) {
  const schema = v.pipe(v.number(expected), v.finite(expected));
  return { name, placeholder, help, schema, parse: parseNumber };
}

/** A number in [least, most]; fractions such as `8/255` are understood. */
export function numberFlag(name: string, help: string, least: number, most = Infinity) {
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  const expected = `must be a number ${range}`;
  const flag = numeric(name, "X", help, expected);
  return {
    ...flag,
    schema: v.pipe(flag.schema, v.minValue(least, expected), v.maxValue(most, expected)),
  };
}

/** A number in (0, most]; fractions such as `8/255` are understood. */
export function positiveFlag(name: string, help: string, most = Infinity) {
  const limit = most === Infinity ? "" : ` and at most ${most}`;
  const expected = `must be a number greater than 0${limit}, such as 0.1 or 8/255`;
  const flag = numeric(name, "X", help, expected);
  return {
    ...flag,
    schema: v.pipe(flag.schema, v.gtValue(0, expected), v.maxValue(most, expected)),
  };
}

/** A whole number in [least, most]. */
export function integerFlag(
  name: string,
  help: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
) {
  const range = most === Number.MAX_SAFE_INTEGER
    ? `of at least ${least}`
    : `from ${least} to ${most}`;
  const expected = `must be a whole number ${range}`;
  const flag = numeric(name, "N", help, expected);
  return {
    ...flag,
    schema: v.pipe(
      flag.schema,
      v.integer(expected),
      v.minValue(least, expected),
      v.maxValue(most, expected),
    ),
  };
}
