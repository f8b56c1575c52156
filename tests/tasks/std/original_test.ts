/**
 * The stand-ins for JSR beside the originals' own code, which the npm package deno-std (1.4.0, September 2026)
 * carries as JavaScript.
 */
import assert from "node:assert/strict";
import { parseArgs as original } from "deno-std/cli/parse_args.js";
import * as originalPath from "deno-std/path/mod.js";
import fc from "fast-check";
import { type Args, parseArgs, type ParseOptions } from "../../../tasks/std/cli/parse_args.ts";
import * as path from "../../../tasks/std/path/mod.ts";

/** What a parser returns or throws, and what it reported on the way. */
function outcomeOf(
  parse: (args: string[], options: ParseOptions) => Args,
  args: string[],
  options: ParseOptions,
) {
  const calls: unknown[][] = [];
  const unknown = (...call: unknown[]) => {
    calls.push(call);
    return call.length === 1 || call[1] !== "bar";
  };
  try {
    return { calls, parsed: parse([...args], { ...options, unknown }) };
  } catch (error) {
    return { calls, error: error instanceof TypeError };
  }
}

Deno.test("parseArgs() returns and reports what the original does", () => {
  const piece = fc.constantFrom(
    "-",
    "--",
    "no-",
    "a",
    "b",
    "c",
    "foo",
    "bar",
    "=",
    ".",
    "5",
    "0x1f",
    "1e3",
    " ",
    "/",
    "true",
    "false",
    "\n",
    "é",
    "",
  );
  const arg = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
  const name = fc.constantFrom("a", "b", "c", "foo", "bar", "foo.a", "_");
  const names = fc.array(name, { maxLength: 3 });
  const options = fc.record({
    string: names,
    boolean: names,
    collect: names,
    negatable: names,
    alias: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("foo", "bar"), {
      noNullPrototype: true,
    }),
    default: fc.dictionary(fc.constantFrom("a", "foo"), fc.constantFrom<unknown>("x", 3, true), {
      noNullPrototype: true,
    }),
    stopEarly: fc.boolean(),
    "--": fc.boolean(),
  }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(arg, { maxLength: 6 }), options, (args, options) => {
      assert.deepEqual(
        outcomeOf(parseArgs, args, options),
        outcomeOf(original as typeof parseArgs, args, options),
      );
    }),
    { numRuns: 1000 },
  );
});

Deno.test("basename(), dirname(), isAbsolute(), join() and resolve() return what the originals do", () => {
  const part = fc.constantFrom("/", "//", ".", "..", "a", "b.json", ".json", " ", "é", "\\", "C:");
  const text = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, fc.array(text, { maxLength: 3 }), (one, other, more) => {
      assert.equal(path.basename(one), originalPath.basename(one));
      assert.equal(path.basename(one, other), originalPath.basename(one, other));
      assert.equal(path.dirname(one), originalPath.dirname(one));
      assert.equal(path.isAbsolute(one), originalPath.isAbsolute(one));
      assert.equal(path.join(one, ...more), originalPath.join(one, ...more));
      assert.equal(path.resolve(one, ...more), originalPath.resolve(one, ...more));
    }),
    { numRuns: 1000 },
  );
});
