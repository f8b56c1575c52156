import assert from "node:assert/strict";
import { mcNemar } from "../../src/statistics/mcnemar.ts";
import { REFERENCE } from "./reference.ts";

/** Verdicts of two classifiers that disagree so often, and agree on four images. */
function verdicts(onlyFirst: number, onlySecond: number): [string, string] {
  const first = "1".repeat(onlyFirst), second = "1".repeat(onlySecond);
  const not = (text: string) => text.replaceAll("1", "0");
  return [`${first}${not(second)}1100`, `${not(first)}${second}1100`];
}

Deno.test("mcNemar() is statsmodels' exact test, to a relative 1e-9, from 0 to 9001 disagreements", () => {
  for (const { onlyFirst, onlySecond, p } of REFERENCE.mcnemar) {
    const found = mcNemar(...verdicts(onlyFirst, onlySecond));
    assert.equal(found.onlyFirst, onlyFirst);
    assert.equal(found.onlySecond, onlySecond);
    assert(Math.abs(found.p - p) <= 1e-9 * p, `${onlyFirst}, ${onlySecond}: ${found.p}, not ${p}`);
  }
});

Deno.test("mcNemar() finds nothing between classifiers that never disagree", () => {
  assert.deepEqual(mcNemar("1100", "1100"), { onlyFirst: 0, onlySecond: 0, p: 1 });
});
