import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isOn, readArguments, refuseFlags } from "../../../src/cli/shell/command.ts";
import { describeCommand } from "../../../src/cli/shell/help/help.ts";
import { UsageError } from "../../../src/errors.ts";
import {
  choiceFlag,
  type Flag,
  integerFlag,
  numberFlag,
  positiveFlag,
  switchFlag,
  textFlag,
} from "../../../src/recipe/flag.ts";
import * as v from "valibot";

const list: Flag<v.ArraySchema<v.StringSchema<undefined>, undefined>> = {
  name: "list",
  placeholder: "A,B",
  help: "names",
  schema: v.array(v.string()),
  parse: (text) => text.split(","),
};

const TABLE = {
  beta: numberFlag("beta", "a weight", 0),
  share: numberFlag("share", "a share", 0, 1),
  attackEps: positiveFlag("attack-eps", "a radius"),
  batchSize: integerFlag("batch-size", "images", 1),
  seed: integerFlag("seed", "a seed", 0, 2 ** 32 - 1),
  variant: choiceFlag("variant", ["v1", "v2"], "which"),
  port: { ...integerFlag("port", "where", 0, 65_535), placeholder: "[N]", bare: "7007" },
  out: textFlag("out", "FILE", "where to"),
  list,
  json: switchFlag("json", "print JSON"),
  noFlip: switchFlag("no-flip", "mirror nothing"),
} as const;

function read(...args: string[]) {
  return readArguments(args, TABLE, 1);
}

function refuses(args: string[], message: string): void {
  assert.throws(() => read(...args), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.message, message);
    return true;
  });
}

Deno.test("readArguments() fills the fields of the flags that are given, and no others", () => {
  const { flags, positionals } = read(
    ...["runs/a", "--beta", "2.5", "--batch-size=64", "--variant", "v2", "--json", "--list", "a,b"],
  );
  assert.deepEqual(flags, {
    beta: 2.5,
    batchSize: 64,
    variant: "v2",
    json: true,
    list: ["a", "b"],
  });
  assert.deepEqual(positionals, ["runs/a"]);
  assert.deepEqual(read(), { flags: {}, positionals: [] });
});

Deno.test("readArguments() understands fractions and exponents", () => {
  assert.equal(read("--attack-eps", "8/255").flags.attackEps, 8 / 255);
  assert.equal(read("--attack-eps", "0.03").flags.attackEps, 0.03);
  assert.equal(read("--attack-eps=1e-2").flags.attackEps, 0.01);
  assert.equal(read("--beta", "0").flags.beta, 0);
  assert.equal(read("--share", "1").flags.share, 1);
  fc.assert(fc.property(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (top, bottom) => {
    assert.equal(read("--beta", `${top}/${bottom}`).flags.beta, top / bottom);
  }));
});

Deno.test("readArguments() refuses a number outside its range, attached or not", () => {
  const negative = '--beta must be a number of at least 0, not "-1".';
  refuses(["--beta=-1"], negative);
  refuses(["--beta", "-1"], negative);
  refuses(["--beta", "-.5"], '--beta must be a number of at least 0, not "-.5".');
  refuses(["--share", "1.5"], '--share must be a number from 0 to 1, not "1.5".');
  const radius = "--attack-eps must be a number greater than 0, such as 0.1 or 8/255, not";
  for (const text of ["0", "8/0", "0/255", "-8/255", "8/255/2", "8/", "1e999", "NaN", "Infinity"]) {
    refuses([`--attack-eps=${text}`], `${radius} "${text}".`);
  }
});

Deno.test("readArguments() refuses what is no number in decimal digits", () => {
  for (const text of ["x", "0x10", "1_000", "1 000", " ", "8÷255", "1,5"]) {
    refuses([`--beta=${text}`], `--beta must be a number of at least 0, not "${text}".`);
  }
});

Deno.test("readArguments() takes only whole numbers where only those make sense", () => {
  for (const text of ["0", "-3", "1.5", "1/2", "9007199254740993"]) {
    const message = `--batch-size must be a whole number of at least 1, not "${text}".`;
    refuses([`--batch-size=${text}`], message);
  }
  assert.equal(read("--seed", "4294967295").flags.seed, 2 ** 32 - 1);
  const message = '--seed must be a whole number from 0 to 4294967295, not "4294967296".';
  refuses(["--seed", "4294967296"], message);
});

Deno.test("readArguments() lists the choices where none was met", () => {
  refuses(["--variant", "v9"], '--variant must be one of v1, v2, not "v9".');
  refuses(["--variant", "V1"], '--variant must be one of v1, v2, not "V1".');
});

Deno.test("readArguments() says which flag lacks its value", () => {
  const message = "--out needs a value: --out=FILE.";
  for (const args of [["--out"], ["--out="], ["--out", ""], ["--out", "--json"]]) {
    refuses(args, message);
  }
  refuses(["--batch-size", "--json"], "--batch-size needs a value: --batch-size=N.");
});

Deno.test("readArguments() refuses an unknown flag, and suggests one that is near", () => {
  refuses(["--bata", "1"], "Unknown flag --bata: did you mean --beta?");
  refuses(["--batchsize=4"], "Unknown flag --batchsize: did you mean --batch-size?");
  refuses(["--no-json"], "Unknown flag --no-json: did you mean --json?");
  refuses(["--batchsize="], "Unknown flag --batchsize: did you mean --batch-size?");
  refuses(["--frobnicate"], "Unknown flag --frobnicate: see --help.");
  refuses(["--constructor"], "Unknown flag --constructor: see --help.");
  refuses(["-x"], "Unknown flag -x: see --help.");
  refuses(["-1"], "Unknown flag -1: see --help.");
  refuses(["--_", "a"], "Unknown flag --_: see --help.");
});

Deno.test("readArguments() refuses an empty positional", () => {
  refuses([""], "An argument is empty: is a variable of the shell not set?");
  refuses(["--", ""], "An argument is empty: is a variable of the shell not set?");
});

Deno.test("readArguments() refuses more positionals than the command has", () => {
  refuses(["a", "b"], 'Unexpected argument "b": see --help.');
  refuses(["a", "--", "--json"], 'Unexpected argument "--json": see --help.');
  assert.deepEqual(read("--", "-a").positionals, ["-a"]);
  refuses(["--", "--beta", "-1"], 'Unexpected argument "-1": see --help.');
  assert.deepEqual(readArguments(["007", "--json", "a", "--", "-b"], TABLE, 3).positionals, [
    "007",
    "a",
    "-b",
  ]);
});

Deno.test("readArguments() reads a switch as on, off or absent, and takes no other value for it", () => {
  for (const [field, name] of [["json", "--json"], ["noFlip", "--no-flip"]] as const) {
    const on = { [field]: true }, off = { [field]: false };
    assert.deepEqual(read(name).flags, on);
    assert.deepEqual(read(`${name}=true`).flags, on);
    assert.deepEqual(read(`${name}=false`).flags, off);
    assert.deepEqual(read(`${name}=false`, name).flags, on);
    assert.deepEqual(read(name, `${name}=false`, "runs/a"), {
      flags: off,
      positionals: ["runs/a"],
    });
    refuses([`${name}=no`], `${name} takes no value, not "no".`);
  }
  assert.deepEqual(read("--json", "runs/a").positionals, ["runs/a"]);
  refuses(["--json="], "--json takes no value.");
  for (const text of ["no", "0", "False"]) {
    refuses([`--json=${text}`], `--json takes no value, not "${text}".`);
  }
  assert.deepEqual(read("--", "--json=no").positionals, ["--json=no"]);
  assert.deepEqual(read("--", "--no-flip=true").positionals, ["--no-flip=true"]);
  refuses(["--no-json=true"], "Unknown flag --no-json: did you mean --json?");
  for (
    const [arg, message] of [
      ["-h=3", '--help takes no value, not "3".'],
      ["-h=", "--help takes no value."],
      ["--help=", "--help takes no value."],
    ] as const
  ) {
    assert.throws(() => readArguments([arg], {}, 0), { name: "UsageError", message });
  }
});

Deno.test("readArguments() takes a flag that needs no value without one, but not with an empty one", () => {
  const port = (...args: string[]) => readArguments(args, TABLE, 1).flags.port;
  assert.equal(port("--port"), 7007);
  assert.equal(port("--port", "--json"), 7007);
  assert.equal(port("--port", "80"), 80);
  assert.equal(port("--port=0"), 0);
  assert.equal(port("--json"), undefined);
  assert.throws(() => port("--port="), /^UsageError: --port needs a value: --port=\[N\]\.$/);
  assert.throws(() => port("--port", "-1"), /--port must be a whole number from 0 to 65535, not/);
  assert.match(
    describeCommand({ name: "a", positionals: "", summary: "", flags: TABLE, examples: [], run }),
    /^ {2}--port \[N\] /m,
  );
});

const run = () => Promise.resolve();

Deno.test("refuseFlags() refuses a switch that is on, and none that is off", () => {
  const refuse = (value: boolean) => () => refuseFlags(TABLE, { json: value }, ["json"], "is odd");
  assert.throws(refuse(true), { name: "UsageError", message: "--json is odd." });
  refuse(false)();
});

Deno.test("isOn() knows a switch that everybody has by the last that is said of it", () => {
  const on = (...args: string[]) => isOn(args, "quiet");
  assert.ok(on("a", "--quiet") && on("--quiet=true", "--odd=") && on("--quiet=false", "--quiet"));
  assert.ok(!on() && !on("--quiet=false") && !on("--quiet", "--quiet=false") && !on("--quieter"));
});

Deno.test("readArguments() refuses a flag with a value that is given more than once, and says how to give several", () => {
  refuses(["--beta", "1", "--beta", "2"], '--beta is given as "1" and "2": say it once.');
  refuses(["--beta=-1", "--beta", "-1"], '--beta is given as "-1" and "-1": say it once.');
  refuses(["--port", "--json", "--port=80"], '--port is given as "" and "80": say it once.');
  const list = '--list is given as "a" and "b": say it once, with commas between its values.';
  refuses(["--list", "a", "--list=b"], list);
  assert.deepEqual(read("--out", "a", "--json", "--json").flags, { out: "a", json: true });
});

Deno.test("readArguments() knows --help, -h and --verbose everywhere, and keeps them to itself", () => {
  const { flags } = readArguments(["-h", "--verbose"], {}, 0);
  assert.deepEqual(flags, {});
});

Deno.test("readArguments() ends in values or in a UsageError of one line, whatever it reads", () => {
  const word = fc.oneof(
    fc.constantFrom(
      "-_",
      "--beta",
      "--out=",
      "--json",
      "--",
      "-",
      "-1",
      "--list",
      "--beta.x",
      "8/0",
      "=",
    ),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 5 }), (args) => {
    try {
      read(...args);
    } catch (error) {
      assert.ok(error instanceof UsageError, `${error}`);
      assert.match(error.message, /\S/);
    }
  }));
});
