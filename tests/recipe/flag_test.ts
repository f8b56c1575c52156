import assert from "node:assert/strict";
import * as fc from "fast-check";
import * as v from "valibot";
import {
  choiceFlag,
  type Flag,
  integerFlag,
  numberFlag,
  positiveFlag,
  switchFlag,
  textFlag,
} from "../../src/recipe/flag.ts";

/** What `flag` makes of `text`, or undefined if it refuses. */
function valueOf(flag: Flag, text: string): unknown {
  const result = v.safeParse(flag.schema, flag.parse!(text));
  return result.success ? result.output : undefined;
}

Deno.test("numberFlag() takes both ends of its range and nothing beyond", () => {
  const flag = numberFlag("share", "", 0, 1);
  assert.deepEqual(["0", "1", "0.5", "-0.001", "1.001"].map((text) => valueOf(flag, text)), [
    0,
    1,
    0.5,
    undefined,
    undefined,
  ]);
  assert.equal(valueOf(numberFlag("beta", "", 0), "1e300"), 1e300);
});

Deno.test("positiveFlag() takes its largest value but not 0", () => {
  const flag = positiveFlag("eps", "", 1);
  assert.deepEqual(["0", "0/5", "1", "255/255", "256/255"].map((text) => valueOf(flag, text)), [
    undefined,
    undefined,
    1,
    1,
    undefined,
  ]);
});

Deno.test("integerFlag() takes both ends of its range and no fraction", () => {
  const flag = integerFlag("n", "", 1, 8);
  assert.deepEqual(["1", "8", "16/2", "0", "9", "2.5"].map((text) => valueOf(flag, text)), [
    1,
    8,
    8,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("numberFlag() reads back every finite number as JavaScript prints it", () => {
  const flag = numberFlag("x", "", -Infinity);
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
    assert.equal(valueOf(flag, String(number)), number + 0); // -0 is printed as 0
  }));
});

Deno.test("choiceFlag() and textFlag() take text as it is", () => {
  const choice = choiceFlag("norm", ["linf", "l2"], "");
  assert.equal(choice.placeholder, "linf|l2");
  assert.deepEqual(["linf", "l2", "l1", ""].map((text) => valueOf(choice, text)), [
    "linf",
    "l2",
    undefined,
    undefined,
  ]);
  assert.equal(valueOf(textFlag("out", "FILE", ""), " a b"), " a b");
  assert.equal(valueOf(textFlag("out", "FILE", ""), ""), undefined);
});

Deno.test("switchFlag() has neither a placeholder nor a parser", () => {
  const flag = switchFlag("json", "");
  assert.deepEqual([flag.placeholder, flag.parse], [undefined, undefined]);
  assert.equal(v.is(flag.schema, true), true);
  assert.equal(v.is(flag.schema, "true"), false);
});
