/**
 * A stand-in for `parseArgs` of `jsr:@std/cli@1.0.32`, for machines that cannot reach JSR. It has
 * the options below and, for these, returns what the original returns, its surprises included.
 */

/** The options of {@linkcode parseArgs}; a name is a flag without its hyphens. */
export interface ParseOptions {
  /** Flags whose value stays text, `""` without a value; `"_"` keeps positionals text. */
  string?: readonly string[];
  /** Flags that take no value of their own; `false` when absent. */
  boolean?: readonly string[];
  /** Flags that gather their values; `[]` when absent, if also a string or a boolean flag. */
  collect?: readonly string[];
  /** Flags that `--no-NAME` sets to `false`. */
  negatable?: readonly string[];
  /** Pairs of names for one flag; the result carries both. */
  alias?: Readonly<Record<string, string>>;
  /** Values of flags that the command line does not set. */
  default?: Record<string, unknown>;
  /** Leave everything after the first positional unparsed. */
  stopEarly?: boolean;
  /** Put what follows `--` under the key `"--"` instead of at the end of `_`. */
  "--"?: boolean;
  /**
   * Called with each undeclared flag (the whole argument, the name, the value before conversion)
   * and with each positional (the argument only). What it refuses with `false` is left out.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What {@linkcode parseArgs} returns: the value of each flag by name, and the positionals. */
export interface Args {
  [name: string]: unknown;
  /** Positionals, and everything after `--` unless the option `"--"` is set. */
  _: (string | number)[];
  /** Everything after `--`, if the option `"--"` is set. */
  "--"?: string[];
}

/** One flag as read, before conversion. A negated flag replaces what was collected. */
interface Setting {
  name: string;
  value: string | boolean;
  negated?: boolean;
}

/** What one argument says, and whether it used up the argument after it. */
interface Reading {
  settings: Setting[];
  tookNext: boolean;
}

type Tree = Record<string, unknown>;
type Declared = ReturnType<typeof declare>;

/** Every declared name together with its alias. */
function declare(options: ParseOptions) {
  const partner = new Map<string, string>();
  for (const [name, other] of Object.entries(options.alias ?? {})) {
    partner.set(name, other).set(other, name);
  }
  const withPartners = (names: readonly string[] = []) =>
    new Set(names.filter(Boolean).flatMap((name) => [name, partner.get(name) ?? name]));
  return {
    partner,
    string: withPartners(options.string),
    boolean: withPartners(options.boolean),
    collect: withPartners(options.collect),
    negatable: withPartners(options.negatable),
  };
}

function one(name: string, value: string | boolean, tookNext = false): Reading {
  return { settings: [{ name, value }], tookNext };
}

/** Reads a flag that has no value attached to it. */
function readBare(name: string, next: string, nextIsFlag: boolean, declared: Declared): Reading {
  const { boolean, partner, string } = declared;
  const takesValue = !boolean.has(name) && !boolean.has(partner.get(name) ?? name);
  if (next !== "" && !nextIsFlag && takesValue) return one(name, next, true);
  if (next === "true" || next === "false") return one(name, next === "true", true);
  return one(name, string.has(name) ? "" : true);
}

/** Reads `--name`, `--name=value` or `--no-name`. */
function readLong(arg: string, next: string, declared: Declared): Reading {
  const negated = arg.startsWith("--no-");
  const body = arg.slice(negated ? "--no-".length : "--".length);
  const equals = body.indexOf("=", 1);
  if (equals !== -1) {
    const name = body.slice(0, equals);
    const text = body.slice(equals + 1);
    return one(name, declared.boolean.has(name) ? text !== "false" : text);
  }
  if (negated && declared.negatable.has(body)) {
    return { settings: [{ name: body, value: false, negated }], tookNext: false };
  }
  return readBare(arg.slice("--".length), next, next.startsWith("-"), declared);
}

/** The value that the rest of a group of short flags gives to the letter before it, if any. */
function attachedValue(letter: string, rest: string): string | undefined {
  if (rest === "-") return rest;
  if (rest === "=") return "";
  if (/[A-Za-z]/.test(letter)) {
    const assigned = /=(.+)/.exec(rest)?.[1];
    if (assigned !== undefined) return assigned;
    if (/\d\.?$/.test(rest)) return rest;
  }
  return /^\W./s.test(rest) ? rest : undefined;
}

/** Reads `-x`, or a group such as `-xyz`, `-n5`, `-n=5` and `-I/path`. */
function readShort(arg: string, next: string, declared: Declared): Reading {
  const settings: Setting[] = [];
  const last = arg.length - 1;
  for (let at = 1; at < last; at++) {
    const name = arg.charAt(at);
    const attached = attachedValue(name, arg.slice(at + 1));
    settings.push({ name, value: attached ?? (declared.string.has(name) ? "" : true) });
    if (attached !== undefined) return { settings, tookNext: false };
  }
  const bare = readBare(arg.charAt(last), next, /^--?[^-]/.test(next), declared);
  return { settings: [...settings, ...bare.settings], tookNext: bare.tookNext };
}

function numberOrText(text: string): string | number {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Stores a value under a dotted name: `a.b` is the property `b` of the object `a`. */
function put(root: Tree, name: string, value: unknown, append = false): void {
  const keys = name.split(".");
  const last = keys.pop() ?? "";
  let node = root;
  for (const key of keys) {
    // Own properties only, so that no name can reach into Object.prototype.
    if (!Object.hasOwn(node, key)) node[key] = {};
    node = (node[key] ??= {}) as Tree;
  }
  const old = Object.hasOwn(node, last) ? node[last] : undefined;
  if (append && Array.isArray(old)) old.push(value);
  else node[last] = append ? (old ? [old, value] : [value]) : value;
}

function has(root: Tree, name: string): boolean {
  let node: unknown = root;
  for (const key of name.split(".")) {
    if (!Object.hasOwn(node as Tree, key)) return false;
    node = (node as Tree)[key];
  }
  return true;
}

/**
 * Parses command-line arguments into flags and positionals. A flag that is given twice keeps its
 * last value unless it collects. Values and positionals that are not declared as strings become
 * numbers where they read as finite ones.
 *
 * @param args The arguments, without the program's name.
 * @param options Which names are declared, and how.
 * @returns The flags by name (dotted names nest), and the positionals in `_`.
 */
export function parseArgs(args: string[], options: ParseOptions = {}): Args {
  const declared = declare(options);
  const { partner, string, boolean, collect } = declared;
  const result: Args = { _: [] };

  const set = (name: string, value: unknown, append = false) => {
    put(result, name, value, append);
    const other = partner.get(name);
    if (other !== undefined) put(result, other, value, append);
  };
  const store = (arg: string, { name, value, negated }: Setting) => {
    const known = [partner, string, boolean, collect].some((names) => names.has(name));
    if (!known && options.unknown?.(arg, name, value) === false) return;
    const stored = typeof value === "string" && !string.has(name) ? numberOrText(value) : value;
    set(name, stored, !negated && collect.has(name));
  };

  const end = args.indexOf("--");
  const parsed = end === -1 ? args : args.slice(0, end);
  const unparsed = end === -1 ? [] : args.slice(end + 1);
  for (let at = 0; at < parsed.length; at++) {
    const arg = parsed[at] ?? "";
    if (arg.startsWith("-") && arg !== "-") {
      const read = arg.startsWith("--") ? readLong : readShort;
      const { settings, tookNext } = read(arg, parsed[at + 1] ?? "", declared);
      for (const setting of settings) store(arg, setting);
      if (tookNext) at++;
      continue;
    }
    if (options.unknown?.(arg) !== false) result._.push(string.has("_") ? arg : numberOrText(arg));
    if (options.stopEarly) {
      result._.push(...parsed.slice(at + 1));
      break;
    }
  }

  for (const [name, value] of Object.entries(options.default ?? {})) {
    if (!has(result, name)) set(name, value);
  }
  for (const name of boolean) {
    if (!has(result, name)) put(result, name, collect.has(name) ? [] : false);
  }
  for (const name of string) {
    if (!has(result, name) && collect.has(name)) put(result, name, []);
  }
  if (options["--"]) result["--"] = unparsed;
  else result._.push(...unparsed);
  return result;
}
