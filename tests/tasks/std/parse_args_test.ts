import assert from "node:assert/strict";
import fc from "fast-check";
import { parseArgs, type ParseOptions } from "@std/cli/parse-args";
import { parseArgs as localParseArgs } from "../../../tasks/std/cli/parse_args.ts";

/** Everything that `unknown` was told while the arguments were parsed. */
function reported(args: string[], options: ParseOptions, verdict: unknown = false) {
  const calls: unknown[][] = [];
  const parsed = parseArgs(args, {
    ...options,
    unknown: (...call) => {
      calls.push(call);
      return verdict;
    },
  });
  return { calls, parsed };
}

Deno.test("parseArgs() takes the value of a string flag from `=` or from the next argument", () => {
  const options = { string: ["data"] };
  assert.deepEqual(parseArgs(["--data=svhn"], options), { data: "svhn", _: [] });
  assert.deepEqual(parseArgs(["--data", "svhn"], options), { data: "svhn", _: [] });
  assert.deepEqual(parseArgs(["--data=a=b==", "x"], options), { data: "a=b==", _: ["x"] });
});

Deno.test("parseArgs() gives a string flag an empty text when it has no value", () => {
  const options = { string: ["data", "seed", "d"], boolean: ["json"] };
  assert.deepEqual(parseArgs(["--data"], options), { data: "", json: false, _: [] });
  assert.deepEqual(parseArgs(["-d"], options), { d: "", json: false, _: [] });
  assert.deepEqual(parseArgs(["--data", "--json"], options), { data: "", json: true, _: [] });
  assert.deepEqual(parseArgs(["--data", "--", "x"], options), { data: "", json: false, _: ["x"] });
});

Deno.test("parseArgs() omits absent string flags and sets absent boolean flags to false", () => {
  assert.deepEqual(parseArgs([], { string: ["data"], boolean: ["json"] }), { json: false, _: [] });
});

Deno.test("parseArgs() does not take a value that begins with a hyphen", () => {
  const { calls, parsed } = reported(["--lr", "-0.1", "--run-dir", "-"], {
    string: ["lr", "run-dir"],
  });
  assert.deepEqual(parsed, { lr: "", "run-dir": "", _: [] });
  assert.deepEqual(calls, [["-0.1", "0", ".1"], ["-"]]);
  assert.deepEqual(parseArgs(["--lr=-0.1"], { string: ["lr"] }), { lr: "-0.1", _: [] });
});

Deno.test("parseArgs() leaves an empty argument to the positionals", () => {
  assert.deepEqual(parseArgs(["--data", ""], { string: ["data"] }), { data: "", _: [""] });
});

Deno.test("parseArgs() reads a sign that nothing follows as an empty value", () => {
  const options = { string: ["data"], boolean: ["json"] };
  const data = { data: "", json: false, _: ["x"] };
  assert.deepEqual(parseArgs(["--data=", "x"], options), data);
  assert.deepEqual(parseArgs(["-n=", "x"], { string: ["n"] }), { n: "", _: ["x"] });
  assert.deepEqual(parseArgs(["-abn="]), { a: true, b: true, n: "", _: [] });
  // A boolean flag is on unless its value is "false".
  assert.deepEqual(parseArgs(["--json="], options), { json: true, _: [] });
  assert.deepEqual(reported(["--other=", "x"], options).calls, [["--other=", "other", ""], ["x"]]);
  assert.deepEqual(reported(["--=x"], {}).calls, [["--=x", "=x", true]]);
});

Deno.test("parseArgs() keeps string flags text and turns other numbers into numbers", () => {
  assert.deepEqual(
    parseArgs(["--a=007", "--b=007", "--c=1e-3", "--d=0x10", "--e=1_0", "--f=Infinity", "--g= "], {
      string: ["a"],
    }),
    { a: "007", b: 7, c: 0.001, d: 16, e: "1_0", f: "Infinity", g: " ", _: [] },
  );
  assert.deepEqual(parseArgs(["12", "x", "1."]), { _: [12, "x", 1] });
  assert.deepEqual(parseArgs(["12", "0x1"], { string: ["_"] }), { _: ["12", "0x1"] });
});

Deno.test("parseArgs() gives an undeclared flag true, or the next argument", () => {
  assert.deepEqual(parseArgs(["--x", "--y", "1", "z"]), { x: true, y: 1, _: ["z"] });
});

Deno.test("parseArgs() gives a boolean flag only the next arguments true and false", () => {
  const options = { boolean: ["json"] };
  assert.deepEqual(parseArgs(["--json", "run"], options), { json: true, _: ["run"] });
  assert.deepEqual(parseArgs(["--json", "false"], options), { json: false, _: [] });
  assert.deepEqual(parseArgs(["--json", "true", "run"], options), { json: true, _: ["run"] });
  assert.deepEqual(parseArgs(["--json=false"], options), { json: false, _: [] });
  assert.deepEqual(parseArgs(["--json=no"], options), { json: true, _: [] });
});

Deno.test("parseArgs() negates only negatable flags, and the last word wins", () => {
  const options = { boolean: ["flip", "crop"], negatable: ["flip"] };
  assert.deepEqual(parseArgs(["--flip", "--no-flip"], options), {
    flip: false,
    crop: false,
    _: [],
  });
  assert.deepEqual(parseArgs(["--no-flip", "--flip"], options), { flip: true, crop: false, _: [] });
  assert.deepEqual(parseArgs(["--no-flip", "x"], options)._, ["x"]);
  assert.deepEqual(reported(["--no-crop"], options).calls, [["--no-crop", "no-crop", true]]);
  assert.deepEqual(parseArgs(["--no-"], {}), { "no-": true, _: [] });
});

Deno.test("parseArgs() drops the `no-` of a flag that has a value", () => {
  assert.equal(parseArgs(["--no-flip=true"], { boolean: ["flip"] }).flip, true);
  assert.equal(parseArgs(["--no-data=svhn"], { string: ["data"] }).data, "svhn");
});

Deno.test("parseArgs() sets both names of an alias, whichever is given", () => {
  const options = { boolean: ["help"], string: ["out"], alias: { h: "help", o: "out" } };
  assert.deepEqual(parseArgs(["-h", "--out", "7"], options), {
    h: true,
    help: true,
    o: "7",
    out: "7",
    _: [],
  });
  assert.deepEqual(parseArgs(["-o", "7", "x"], options), {
    h: false,
    help: false,
    o: "7",
    out: "7",
    _: ["x"],
  });
});

Deno.test("parseArgs() joins a name with one alias only, the last one declared", () => {
  const options = { boolean: ["help"], alias: { h: "help", u: "help" } };
  assert.deepEqual(parseArgs(["--help"], options), { help: true, u: true, _: [] });
  assert.deepEqual(parseArgs(["-h", "x"], options), { h: true, help: true, u: false, _: ["x"] });
});

Deno.test("parseArgs() reads a group of short flags letter by letter", () => {
  const options = { boolean: ["a", "b"], string: ["c"] };
  assert.deepEqual(parseArgs(["-abc", "x"], options), { a: true, b: true, c: "x", _: [] });
  assert.deepEqual(parseArgs(["-cab"], options), { a: true, b: true, c: "", _: [] });
  assert.deepEqual(parseArgs(["-c", "-"], options), { a: false, b: false, c: "-", _: [] });
  assert.deepEqual(parseArgs(["-"]), { _: ["-"] });
});

Deno.test("parseArgs() attaches a number, an assignment or a path to a short flag", () => {
  assert.deepEqual(parseArgs(["-n5"]), { n: 5, _: [] });
  assert.deepEqual(parseArgs(["-n=5"]), { n: 5, _: [] });
  assert.deepEqual(parseArgs(["-I/foo/bar"]), { I: "/foo/bar", _: [] });
  assert.deepEqual(parseArgs(["-vI/foo"]), { v: true, I: "/foo", _: [] });
  assert.deepEqual(parseArgs(["-f-"]), { f: "-", _: [] });
  assert.deepEqual(parseArgs(["-f/"]), { f: true, "/": true, _: [] });
  // The first letter takes what ends in a digit or holds an assignment, other letters included.
  assert.deepEqual(parseArgs(["-abc5"]), { a: "bc5", _: [] });
  assert.deepEqual(parseArgs(["-abc=5"]), { a: 5, _: [] });
  assert.deepEqual(parseArgs(["-12", "3"]), { 1: true, 2: 3, _: [] });
});

Deno.test("parseArgs() keeps the last value of a repeated flag unless it collects", () => {
  const args = ["--a", "1", "--a=2", "--a"];
  assert.deepEqual(parseArgs(args, { string: ["a"] }), { a: "", _: [] });
  assert.deepEqual(parseArgs(args, { string: ["a"], collect: ["a"] }), {
    a: ["1", "2", ""],
    _: [],
  });
  assert.deepEqual(parseArgs(args, { collect: ["a"] }), { a: [1, 2, true], _: [] });
});

Deno.test("parseArgs() gives an absent collecting flag [] when its kind is declared", () => {
  assert.deepEqual(
    parseArgs([], { string: ["s"], boolean: ["b"], collect: ["s", "b", "other"] }),
    { s: [], b: [], _: [] },
  );
});

Deno.test("parseArgs() replaces what was collected when the flag is negated", () => {
  const options = { string: ["a"], collect: ["a"], negatable: ["a"], alias: { a: "A" } };
  assert.deepEqual(parseArgs(["--a", "1", "-A", "2"], options), {
    a: ["1", "2"],
    A: ["1", "2"],
    _: [],
  });
  assert.deepEqual(parseArgs(["--a", "1", "--no-a"], options), { a: false, A: false, _: [] });
  assert.deepEqual(parseArgs(["--no-a", "--a", "1"], options).a, ["1"]);
});

Deno.test("parseArgs() uses a default for a flag that is absent, and for its alias", () => {
  const options = {
    string: ["a"],
    boolean: ["b"],
    alias: { a: "A" },
    default: { a: "x", b: true },
  };
  assert.deepEqual(parseArgs([], options), { a: "x", A: "x", b: true, _: [] });
  assert.deepEqual(parseArgs(["-A", "y", "--b=false"], options), {
    a: "y",
    A: "y",
    b: false,
    _: [],
  });
});

Deno.test("parseArgs() nests dotted names", () => {
  assert.deepEqual(parseArgs(["--a.b", "3", "--a.c.d=x"], { boolean: ["a.e"] }), {
    a: { b: 3, c: { d: "x" }, e: false },
    _: [],
  });
  assert.deepEqual(parseArgs([], { default: { "a.b": 1 }, alias: { "a.b": "c.d" } }), {
    a: { b: 1 },
    c: { d: 1 },
    _: [],
  });
  assert.throws(() => parseArgs(["--a", "--a.b"]), TypeError);
});

Deno.test("parseArgs() reports undeclared flags and every positional to `unknown`", () => {
  const { calls, parsed } = reported(["--x", "1", "run", "--json", "-y", "-o", "f"], {
    boolean: ["json"],
    alias: { o: "out" },
    collect: ["tag"],
  });
  // The value is reported before conversion, and is used up although the flag is refused.
  assert.deepEqual(calls, [["--x", "x", "1"], ["run"], ["-y", "y", true]]);
  assert.deepEqual(parsed, { json: true, o: "f", out: "f", _: [] });
  assert.deepEqual(reported(["--tag", "t"], { collect: ["tag"] }).calls, []);
});

Deno.test("parseArgs() keeps what `unknown` does not refuse with false", () => {
  assert.deepEqual(reported(["--x", "1", "run"], {}, null).parsed, { x: 1, _: ["run"] });
});

Deno.test("parseArgs() stops at the first positional when told to, refused or not", () => {
  const args = ["--x", "train", "eval", "--y", "1", "--", "z"];
  const options = { boolean: ["x"], stopEarly: true };
  const rest = ["eval", "--y", "1", "z"];
  assert.deepEqual(parseArgs(args, options), { x: true, _: ["train", ...rest] });
  const refused = reported(args, options);
  assert.deepEqual(refused.parsed, { x: true, _: rest });
  assert.deepEqual(refused.calls, [["train"]]);
});

Deno.test("parseArgs() parses nothing after `--`", () => {
  const args = ["1", "--", "2", "--x", "--"];
  assert.deepEqual(reported(args, {}, true), {
    calls: [["1"]],
    parsed: { _: [1, "2", "--x", "--"] },
  });
  assert.deepEqual(parseArgs(args, { "--": true }), { _: [1], "--": ["2", "--x", "--"] });
  assert.deepEqual(parseArgs([], { "--": true }), { _: [], "--": [] });
});

Deno.test("parseArgs() reads flags that are named like properties of every object", () => {
  const parsed = parseArgs(["--toString", "--valueOf", "x"]);
  assert.equal(parsed.toString, true);
  assert.equal(parsed.valueOf, "x");
});

Deno.test("the local parseArgs() never reaches into Object.prototype", () => {
  localParseArgs(["--__proto__.polluted=1", "--constructor.prototype.polluted=1"]);
  localParseArgs(["--toString.polluted=1"]);
  assert.equal(Reflect.get({}, "polluted"), undefined);
  assert.equal(Reflect.get(Object.prototype.toString, "polluted"), undefined);
});

const text = fc.string({ unit: "binary", minLength: 1 });

Deno.test("parseArgs() returns any non-empty `--name=value` of a string flag unchanged", () => {
  fc.assert(fc.property(text, fc.array(text), (value, others) => {
    const parsed = parseArgs([`--name=${value}`, "--", ...others], { string: ["name", "_"] });
    assert.deepEqual(parsed, { name: value, _: others });
  }));
});

Deno.test("parseArgs() returns any separate value that does not begin with a hyphen", () => {
  const value = text.filter((value) => !value.startsWith("-"));
  fc.assert(fc.property(value, (value) => {
    assert.deepEqual(parseArgs(["--name", value], { string: ["name"] }), { name: value, _: [] });
    assert.deepEqual(parseArgs(["-n", value], { string: ["n"] }), { n: value, _: [] });
  }));
});

Deno.test("parseArgs() keeps nothing undeclared when `unknown` refuses everything", () => {
  const declared = new Set(["_", "a", "b", "foo", "bar"]);
  const piece = fc.constantFrom("-", "--", "no-", "a", "b", "foo", "bar", "=", ".", "5", " ");
  const arg = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(""));
  fc.assert(fc.property(fc.array(arg), (args) => {
    const { parsed } = reported(args, {
      string: ["a", "foo"],
      boolean: ["b", "bar"],
      negatable: ["bar"],
    });
    assert.deepEqual(Object.keys(parsed).filter((name) => !declared.has(name)), []);
    const end = args.indexOf("--");
    assert.deepEqual(parsed._, end === -1 ? [] : args.slice(end + 1));
  }));
});

Deno.test("parseArgs() turns a number's decimal text back into the number", () => {
  fc.assert(fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (number) => {
    assert.deepEqual(parseArgs([String(number), `--x=${-number}`]), {
      x: -number || 0,
      _: [number],
    });
  }));
});
