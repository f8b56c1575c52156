/**
 * What a shell can complete on the program's command line: commands, their actions, their flags, and the values of flags
 * that have a choice. It is all in the tables of flags; the scripts say it in the shells' languages.
 *
 * @module
 */
import type { Flag } from "../../../recipe/flag.ts";
import { type Command, COMMON_FLAGS } from "../command.ts";

/** The shells that a script can be made for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
/** One of {@linkcode SHELLS}. */
export type Shell = typeof SHELLS[number];

/** A word, and what it means. */
interface Word {
  readonly text: string;
  readonly meaning: string;
}

/** What can follow a command, or a command and its action; or nothing yet. */
interface Place {
  /** The words before it, with spaces between them. */
  readonly after: string;
  /** Commands, actions, or what an operand is one of. */
  readonly words: readonly Word[];
  /** Flags; `values` are the choices, none where it takes any text, undefined for a switch. */
  readonly flags: readonly (Word & { readonly values: readonly string[] | undefined })[];
}

/** The script that teaches `shell` what `commands` take. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const all = places(commands);
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](all);
}

function places(commands: readonly Command[]): Place[] {
  const flagsOf = (flags: readonly Flag[]) =>
    [...flags, ...Object.values(COMMON_FLAGS)].map((flag) => ({
      text: `--${flag.name}`,
      meaning: flag.help,
      values: valuesOf(flag),
    }));
  const ofCommand = ({ name, positionals, flags, actions }: Command): Place[] => {
    if (actions === undefined) {
      const words = choicesOf(positionals, name);
      return [{ after: name, words, flags: flagsOf(Object.values(flags)) }];
    }
    const words = Object.keys(actions).map((text) => ({
      text,
      meaning: `memloss ${name} ${text}`,
    }));
    const ofActions = Object.entries(actions).map(([action, { operands, flags: fields }]) => ({
      after: `${name} ${action}`,
      words: choicesOf(operands[0] ?? "", `${name} ${action}`),
      flags: flagsOf(fields.map((field) => flags[field]!)),
    }));
    return [{ after: name, words, flags: flagsOf([]) }, ...ofActions];
  };
  const words = commands.map(({ name, summary }) => ({ text: name, meaning: summary }));
  return [{ after: "", words, flags: [] }, ...commands.flatMap(ofCommand)];
}

/** The words that `positional` lists, which stands behind `after`; none where it is a name for many, as `RUN_DIR` is. */
function choicesOf(positional: string, after: string): Word[] {
  if (!/^[a-z0-9|]+$/.test(positional)) return [];
  return positional.split("|").map((text) => ({ text, meaning: `memloss ${after} ${text}` }));
}

function valuesOf({ placeholder, known, schema }: Flag): readonly string[] | undefined {
  if (placeholder === undefined) return undefined;
  if (known) return known;
  return "options" in schema ? (schema.options as readonly unknown[]).map(String) : [];
}

/** `text` for any of the shells, between single quotes. */
const quoted = (text: string) => `'${text.replaceAll("'", "’")}'`;
const listed = (words: readonly { readonly text: string }[]) =>
  words.map(({ text }) => text).join(" ");

/** Lines of a `case` that finds out which place the words so far lead to. */
function walk(all: readonly Place[], indent: string): string[] {
  return all.filter(({ after }) => after !== "").map(({ after }) => {
    const words = after.split(" ");
    return `${indent}"${words.slice(0, -1).join(" ")}:${words.at(-1)}") place="${after}" ;;`;
  });
}

/** Lines of a `case` over flags that take a value: what `choose` does with the choices, or `any` with any text. */
function values(
  all: readonly Place[],
  choose: (values: readonly string[]) => string,
  any: string,
): string[] {
  return all.flatMap(({ after, flags }) =>
    flags.filter(({ values }) => values !== undefined).map(({ text, values = [] }) =>
      `    "${after}:${text}") ${values.length > 0 ? choose(values) : any}; return ;;`
    )
  );
}

function bashScript(all: readonly Place[]): string {
  return [
    "# bash completion for memloss: source this, or put it in /etc/bash_completion.d.",
    "_memloss() {",
    '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" place="" word',
    "  COMPREPLY=()",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$place:$word" in',
    ...walk(all, "      "),
    "    esac",
    "  done",
    "  # --flag=value is three words to bash.",
    '  if [[ $cur == "=" ]]; then cur=""; elif [[ $prev == "=" ]]; then prev="${COMP_WORDS[COMP_CWORD-2]}"; fi',
    '  case "$place:$prev" in',
    ...values(
      all,
      (some) => `COMPREPLY=($(compgen -W ${quoted(some.join(" "))} -- "$cur"))`,
      'COMPREPLY=($(compgen -f -- "$cur"))',
    ),
    "  esac",
    '  case "$place" in',
    ...all.map(({ after, words, flags }) => {
      const some = `if [[ $cur == -* ]]; then word=${quoted(listed(flags))}; ` +
        `else word=${quoted(listed(words))}; fi`;
      return `    "${after}") ${some} ;;`;
    }),
    "  esac",
    '  COMPREPLY=($(compgen -W "$word" -- "$cur"))',
    "}",
    "complete -o default -F _memloss memloss",
  ].join("\n");
}

function zshScript(all: readonly Place[]): string {
  const described = (words: readonly Word[]) =>
    words.map(({ text, meaning }) => quoted(`${text}:${meaning.replaceAll("\\", "")}`)).join(" ");
  return [
    "#compdef memloss",
    "# zsh completion for memloss: source this after compinit, or put it as _memloss where $fpath leads.",
    "_memloss() {",
    '  local place="" word; local -a names flags',
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    '    case "$place:$word" in',
    ...walk(all, "      "),
    "    esac",
    "  done",
    '  case "$place:${words[CURRENT-1]}" in',
    ...values(all, (some) => `compadd -- ${some.join(" ")}`, "_files"),
    "  esac",
    '  case "$place" in',
    ...all.map(({ after, words, flags }) =>
      `    "${after}") names=(${described(words)}) flags=(${described(flags)}) ;;`
    ),
    "  esac",
    "  (( $#names )) && _describe memloss names",
    "  (( $#flags )) && [[ ${words[CURRENT]} == -* ]] && _describe -o flag flags",
    "  (( $#names )) || _files",
    "}",
    "compdef _memloss memloss",
  ].join("\n");
}

function fishScript(all: readonly Place[]): string {
  const where = (after: string) => {
    const seen = after.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
    return after === "" ? "__fish_use_subcommand" : seen.join("; and ");
  };
  const line = (after: string, rest: string) => `complete -c memloss -n '${where(after)}' ${rest}`;
  return [
    "# fish completion for memloss: put this into ~/.config/fish/completions/memloss.fish.",
    "complete -c memloss -n __fish_use_subcommand -f",
    ...all.flatMap(({ after, words, flags }) => {
      const unless = words.length > 0 && after !== ""
        ? `; and not __fish_seen_subcommand_from ${listed(words)}`
        : "";
      return [
        ...words.map(({ text, meaning }) =>
          `complete -c memloss -n '${where(after)}${unless}' -f -a ${text} -d ${quoted(meaning)}`
        ),
        ...flags.map(({ text, meaning, values }) => {
          const choice = values === undefined
            ? ""
            : values.length > 0
            ? ` -x -a ${quoted(values.join(" "))}`
            : " -r";
          return line(after, `-l ${text.slice(2)}${choice} -d ${quoted(meaning)}`);
        }),
      ];
    }),
  ].join("\n");
}
