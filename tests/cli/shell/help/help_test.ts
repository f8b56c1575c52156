import assert from "node:assert/strict";
import type { Command } from "../../../../src/cli/shell/command.ts";
import { describeCommand, wrap } from "../../../../src/cli/shell/help/help.ts";
import { choiceFlag, numberFlag, switchFlag, textFlag } from "../../../../src/recipe/flag.ts";

const TABLE = {
  beta: numberFlag("beta", "a weight", 0),
  variant: choiceFlag("variant", ["v1", "v2"], "which"),
  out: textFlag("out", "FILE", "where to"),
  json: switchFlag("json", "print JSON"),
} as const;

Deno.test("describeCommand() shows the usage, every flag with its help, and the examples", () => {
  const command: Command = {
    name: "do",
    positionals: "RUN_DIR",
    summary: "does something",
    flags: TABLE,
    examples: ["memloss do runs/a"],
    run: () => Promise.resolve(),
  };
  const lines = describeCommand(command).split("\n");
  assert.equal(lines[0], "does something");
  assert.equal(lines[2], "Usage: memloss do RUN_DIR [flags]");
  for (const { name, placeholder, help } of Object.values(TABLE)) {
    const line = lines.find((line) => line.startsWith(`  --${name}${placeholder ? " " : "  "}`));
    assert.ok(line?.includes(`--${name}${placeholder ? ` ${placeholder}` : ""}`), name);
    assert.ok(line?.endsWith(`  ${help}`), name);
  }
  assert.ok(lines.some((line) => /^ {2}--help +show this help$/.test(line)));
  assert.ok(lines.some((line) => /^ {2}--verbose +/.test(line)));
  assert.equal(lines.at(-1), "  $ memloss do runs/a");
  assert.ok(describeCommand({ ...command, positionals: "" }).includes("memloss do [flags]"));
});

Deno.test("describeCommand() says what each choice is where names do not", () => {
  const flags = {
    kind: choiceFlag("kind", ["a", "b"], "which one", { a: "the first", b: "the last" }),
  };
  const command = { name: "do", positionals: "", summary: "does", flags, examples: [] };
  const lines = describeCommand({ ...command, run: () => Promise.resolve() }).split("\n");
  const row = lines.findIndex((line) => /^ {2}--kind a\|b +which one$/.test(line));
  assert.match(lines[row + 1]!, /^ {4}a +the first$/);
  assert.match(lines[row + 2]!, /^ {4}b +the last$/);
});

Deno.test("describeCommand() gives a flag that is too long a line of its own", () => {
  const long = "a-flag-with-a-name-that-is-longer-than-the-column";
  const flags = { long: textFlag(long, "X", "explained"), json: TABLE.json };
  const lines = describeCommand({
    ...{ name: "do", positionals: "", summary: "does", examples: [] },
    flags,
    run: () => Promise.resolve(),
  }).split("\n");
  const row = lines.indexOf(`  --${long} X`);
  const column = lines.find((line) => line.startsWith("  --json"))!.indexOf("print JSON");
  assert.equal(lines[row + 1], " ".repeat(column) + "explained");
});

/** A command with two actions. */
const SHELF: Command = {
  name: "shelf",
  positionals: "show|import SHELF",
  summary: "keeps things",
  flags: {
    out: textFlag("out", "FILE", "show: a picture; import: where to; default there"),
    deep: switchFlag("deep", "show, import: all of it"),
    json: switchFlag("json", "print JSON; and nothing else"),
  },
  actions: {
    show: { operands: ["SHELF"], flags: ["out", "deep", "json"] },
    import: { operands: ["SHELF", "FILE"], flags: ["out", "json"] },
  },
  examples: ["memloss shelf show a", "memloss shelf import a b", "memloss shelf importance"],
  run: () => Promise.resolve(),
};

Deno.test("describeCommand() shows of an action what it takes, and what is said of it", () => {
  const lines = describeCommand(SHELF, { action: "import", program: "./my $& memloss" }).split(
    "\n",
  );
  assert.deepEqual(lines.slice(0, 7), [
    "keeps things",
    "",
    "Usage: memloss shelf import SHELF FILE [flags]",
    "",
    "  --out FILE  where to; default there",
    "  --json      print JSON; and nothing else",
    "  --help      show this help",
  ]);
  assert.deepEqual(lines.slice(-2), ["", "  $ ./my $& memloss shelf import a b"]);
  const show = describeCommand(SHELF, { action: "show" });
  assert.match(show, /^ {2}--out FILE {2}a picture$/m);
  assert.match(show, /^ {2}--deep {6}all of it$/m);
});

Deno.test("describeCommand() lists flags under their topics, and wraps to the terminal", () => {
  const flags = {
    a: { ...switchFlag("a", "one two three four five six seven"), group: "First" },
    b: { ...switchFlag("b", "eight"), group: "Elsewhere" },
  };
  const notes = ["A note that is longer than forty characters."];
  const command = { ...SHELF, flags, notes, groups: ["First", "Nobody's"] };
  const lines = describeCommand(command, { columns: 40 }).split("\n");
  const first = lines.indexOf("First:");
  assert.deepEqual(lines.slice(first, first + 5), [
    "First:",
    "  --a        one two three four five six",
    "             seven",
    "",
    "  --b        eight",
  ]);
  assert.ok(!lines.includes("Nobody's:"));
  const note = lines.indexOf("A note that is longer than forty");
  assert.deepEqual(lines.slice(note - 1, note + 3), ["", lines[note], "characters.", ""]);
  assert.deepEqual(lines.filter((line) => line.length > 40 && !line.includes("$")), [
    "       memloss shelf import SHELF FILE [flags]",
  ]);
});

Deno.test("wrap() breaks between words, and leaves long ones whole", () => {
  assert.deepEqual(wrap("a bc def", 4), ["a bc", "def"]);
  assert.deepEqual(wrap("abcdef g", 4), ["abcdef", "g"]);
  assert.deepEqual(wrap("a b", Infinity), ["a b"]);
});
