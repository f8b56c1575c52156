import assert from "node:assert/strict";
import { join } from "@std/path";
import { cleanOf, readMeasured } from "../../../src/publish/robustbench/measured.ts";
import { firstIndices } from "../../../src/data/batches.ts";
import { loadSplit } from "../../../src/data/sets/sets.ts";
import { imagesDigest } from "../../../src/data/images_digest.ts";
import type { RecipeInput } from "../../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import type { RunRecord } from "../../../src/run/run_record.ts";
import type { WeightsChoice } from "../../../src/run/subject.ts";
import { inTemporary } from "../../memory/support.ts";
import { evaluation } from "../../report/tables/made_runs.ts";
import { AUTOATTACK, report } from "./made_reports.ts";

const OURS = "a".repeat(64), OTHER = "b".repeat(64);

/** What is read of a run with these reports. */
async function measure(
  reports: readonly string[],
  recipe: RecipeInput = {},
  data?: RunRecord["data"],
  weights?: WeightsChoice,
) {
  let found: Awaited<ReturnType<typeof readMeasured>> | undefined;
  await inTemporary(async (run) => {
    await Deno.mkdir(join(run, "eval"));
    for (const [i, text] of reports.entries()) {
      await Deno.writeTextFile(join(run, "eval", `${i}.json`), text);
    }
    const record = { recipe: resolveRecipe({ variant: "v1", ...recipe }), data };
    found = await readMeasured(run, { sha256: OURS, ...weights && { weights } }, record);
  });
  return found!;
}

Deno.test("readMeasured() takes what was found on the most images, under the run's threat and of its checkpoint", async () => {
  const { evaluations, autoAttack } = await measure([
    report(OURS, { pgd20: evaluation("10"), clean: evaluation("11") }),
    report(OURS, { autoattack: AUTOATTACK, clean: evaluation("1") }),
    report(OURS, { pgd20: evaluation("110") }),
    report(OURS, { pgd20: evaluation("1111"), clean: evaluation("111") }, 4), // clean has no radius
    report(OTHER, { pgd20: evaluation("1111") }),
    report(OURS, { autoattack: { ...AUTOATTACK, version: "plus", ...evaluation("1".repeat(9)) } }),
  ]);
  assert.deepEqual(
    evaluations.map(({ name, result: { verdicts } }) => [name, verdicts]),
    [["clean", "111"], ["pgd20", "110"], ["autoattack", "10000000"]],
  );
  assert.equal(autoAttack?.evaluation, evaluations[2]);
  assert.deepEqual(autoAttack?.perAttack.square, {
    ...{ accuracy: 0.125, attacked: 2, broken: 1, seconds: 3.25 },
  });
  assert.equal(cleanOf({ evaluations, ...autoAttack && { autoAttack } })?.n, 8);
  assert.equal(cleanOf({ evaluations })?.n, 3);
});

Deno.test("readMeasured() takes what was drawn with the run's own seed, with the fewest restarts, by file name", async () => {
  const drawn = (seed: number, restarts: number, verdicts: string) => {
    const each = JSON.parse(report(OURS, { pgd20: evaluation(verdicts) }));
    return JSON.stringify({ ...each, seed, attack: { ...each.attack, restarts } });
  };
  const verdicts = async (...reports: string[]) => {
    const { evaluations: [found] } = await measure(reports, { seed: 1 });
    return found!.result.verdicts;
  };
  const [other, several, own] = [drawn(0, 1, "100"), drawn(1, 5, "010"), drawn(1, 1, "110")];
  assert.equal(await verdicts(other, several, own), "110");
  assert.equal(await verdicts(other, several), "010");
  assert.equal(await verdicts(drawn(2, 1, "111"), other), "111");
});

Deno.test("readMeasured() takes what was found of the weights that are asked for, of a checkpoint with an average of them", async () => {
  const of = (weights: WeightsChoice, verdicts: string) => {
    const each = JSON.parse(report(OURS, { clean: evaluation(verdicts) }));
    return JSON.stringify({ ...each, checkpoint: { ...each.checkpoint, weights } });
  };
  const reports = [of("raw", "1100"), of("average", "110")];
  for (
    const [asked, verdicts] of [[undefined, "110"], ["average", "110"], ["raw", "1100"]] as const
  ) {
    const { evaluations: [clean] } = await measure(reports, {}, undefined, asked);
    assert.equal(clean?.result.verdicts, verdicts, asked);
  }
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

Deno.test("readMeasured() takes what was found on the run's own test images, where there are several sets", async () => {
  const test = await loadSplit("synthetic", "test", undefined, 1);
  const first = (n: number) => imagesDigest(test, firstIndices(test.n, n));
  const other = "c".repeat(64), made: RecipeInput = { data: "synthetic", seed: 1 };
  const { evaluations, autoAttack } = await measure([
    report(OURS, { clean: evaluation("110"), pgd20: evaluation("100") }, 8, first(3)),
    report(OURS, { clean: evaluation("1".repeat(60)), autoattack: AUTOATTACK }, 8, other),
    report(OURS, { pgd20: evaluation("11100") }, 8, first(5)),
  ], made);
  assert.deepEqual(
    evaluations.map(({ name, result: { verdicts } }) => [name, verdicts]),
    [["clean", "110"], ["pgd20", "11100"]],
  );
  assert.equal(autoAttack, undefined);
});

Deno.test("readMeasured() takes what is on the test images that the run's record says, and of others only the first of these", async () => {
  const test = await loadSplit("synthetic", "test", undefined, 1);
  const first = (n: number) => imagesDigest(test, firstIndices(test.n, n));
  const { classes, shape } = test, whole = { n: test.n, sha256: first(test.n) };
  const recorded = (sha256: string) => ({
    classes: [...classes],
    shape,
    test: { ...whole, sha256 },
  });
  const other = "c".repeat(64), made: RecipeInput = { data: "synthetic", seed: 1 };
  const redrawn = report(OURS, { clean: evaluation("1".repeat(test.n)) }, 8, other);
  const namesOf = async (reports: readonly string[], recipe: RecipeInput, sha256: string) =>
    (await measure(reports, recipe, recorded(sha256))).evaluations.map(({ name }) => name);

  const whole100 = report(OURS, { clean: evaluation("110") }, 8, whole.sha256);
  const some = report(OURS, { pgd20: evaluation("110") }, 8, first(3));
  assert.deepEqual(await namesOf([whole100, redrawn], made, whole.sha256), ["clean"]);
  assert.deepEqual(await namesOf([some, redrawn], made, whole.sha256), ["pgd20"]);
  const alone =
    /reports in .* are on images \(1024 of SHA-256 c{12}…\), and none on the run's test/;
  await assert.rejects(namesOf([redrawn], made, whole.sha256), {
    name: "UsageError",
    message: alone,
  });
  // The images that lie there now are others: of what is on as many as the run had, none is its own.
  await assert.rejects(namesOf([redrawn], made, "d".repeat(64)), { message: alone });
  assert.deepEqual(await namesOf([some, redrawn], made, "d".repeat(64)), ["pgd20"]);
});

Deno.test("readMeasured() refuses several sets of images of which none is known to be the run's", async () => {
  const reports = [
    report(OURS, { clean: evaluation("110") }, 8, "c".repeat(64)),
    report(OURS, { pgd20: evaluation("100") }, 8, "d".repeat(64)),
  ];
  const sets = "3 of SHA-256 cccccccccccc…, 3 of SHA-256 dddddddddddd…";
  const refused = (recipe: RecipeInput, message: string) =>
    assert.rejects(measure(reports, recipe), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.ok(
        error.message.includes(`several sets of images (${sets}), and ${message}`),
        error.message,
      );
      return true;
    });
  await refused({ data: "synthetic" }, "none on the run's test images in data: put");
  await refused(
    { data: "cifar10", dataDir: "/gone" },
    "without the test images in /gone nobody can tell which are the run's: put",
  );
  assert.equal((await measure(reports.slice(1), { data: "synthetic" })).evaluations.length, 1);
  // Of as many as are elsewhere the first of one set, for all that is known.
  const fewer = report(OURS, { autoattack: AUTOATTACK }, 8, "e".repeat(64));
  const gone = { data: "cifar10", dataDir: "/gone" } as const;
  assert.equal((await measure([reports[0]!, fewer], gone)).evaluations.length, 2);
});
