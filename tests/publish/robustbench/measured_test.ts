import assert from "node:assert/strict";
import { join } from "@std/path";
import { cleanOf, readMeasured } from "../../../src/publish/robustbench/measured.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import { inTemporary } from "../../memory/support.ts";
import { evaluation } from "../../report/tables/made_runs.ts";
import { AUTOATTACK, report } from "./made_reports.ts";

const OURS = "a".repeat(64), OTHER = "b".repeat(64);

/** What is read of a run with these reports. */
async function measure(reports: readonly string[]) {
  let found: Awaited<ReturnType<typeof readMeasured>> | undefined;
  await inTemporary(async (run) => {
    await Deno.mkdir(join(run, "eval"));
    for (const [i, text] of reports.entries()) {
      await Deno.writeTextFile(join(run, "eval", `${i}.json`), text);
    }
    found = await readMeasured(run, OURS, resolveRecipe({ variant: "v1" }));
  });
  return found!;
}

Deno.test("readMeasured() takes what was found on the most images, under the run's threat and of its checkpoint", async () => {
  const { evaluations, autoAttack } = await measure([
    report(OURS, { pgd20: evaluation("10"), clean: evaluation("11") }),
    report(OURS, { autoattack: AUTOATTACK, clean: evaluation("1") }),
    report(OURS, { pgd20: evaluation("110") }),
    report(OURS, { pgd20: evaluation("1111") }, 4),
    report(OTHER, { pgd20: evaluation("1111") }),
    report(OURS, { autoattack: { ...AUTOATTACK, version: "plus", ...evaluation("1".repeat(9)) } }),
  ]);
  assert.deepEqual(
    evaluations.map(({ name, result: { verdicts } }) => [name, verdicts]),
    [["clean", "11"], ["pgd20", "110"], ["autoattack", "10000000"]],
  );
  assert.equal(autoAttack?.evaluation, evaluations[2]);
  assert.deepEqual(autoAttack?.perAttack.square, {
    ...{ accuracy: 0.125, attacked: 2, broken: 1, seconds: 3.25 },
  });
  assert.equal(cleanOf({ evaluations, ...autoAttack && { autoAttack } })?.n, 8);
  assert.equal(cleanOf({ evaluations })?.n, 2);
});

Deno.test("readMeasured() makes no log of an AutoAttack whose report lacks what stands in one", async () => {
  const { perturbation: _, ...without } = AUTOATTACK;
  const { evaluations, autoAttack } = await measure([report(OURS, { autoattack: without })]);
  assert.deepEqual([evaluations.length, autoAttack], [1, undefined]);
});

Deno.test("readMeasured() finds nothing where nothing was measured, and refuses what is no report", async () => {
  assert.deepEqual(await measure([]), { evaluations: [] });
  await assert.rejects(measure(["{"]), { name: "UsageError", message: /is no report of memloss/ });
});
