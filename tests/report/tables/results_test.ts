import assert from "node:assert/strict";
import { summarise } from "../../../src/report/tables/results.ts";
import { REFERENCE } from "../../statistics/reference.ts";
import { evaluation, LAYOUT, RUNS } from "./made_runs.ts";

const { comparison } = REFERENCE;

function assertNear(actual: number, expected: number, tolerance = 1e-12): void {
  assert(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
}

Deno.test("summarise() gives SciPy's means, deviations and intervals, to 1e-12", () => {
  const { rows } = summarise(LAYOUT, RUNS);
  for (const { name, results } of rows) {
    const row = name as "first" | "second", summary = results.clean!;
    assertNear(summary.mean, comparison.means[row]);
    assertNear(summary.deviation!, comparison.deviations[row]);
    assert.deepEqual(summary.seeds.map(({ seed }) => seed), comparison.seeds);
    summary.seeds.forEach(({ interval }, i) => {
      assertNear(interval.low, comparison.wilson[row][i]!.low);
      assertNear(interval.high, comparison.wilson[row][i]!.high);
    });
    assert.deepEqual([summary.n, results.pgd20], [[comparison.n], undefined]);
  }
});

Deno.test("summarise() gives SciPy's paired differences; the bootstrap's to 0.003, for its draws", () => {
  const { differences } = summarise(LAYOUT, RUNS);
  assert.equal(differences.length, 1, "one pair of rows, one column that was measured");
  const { first, second, difference, overSeeds, overImages } = differences[0]!;
  assert.deepEqual([first, second], ["first", "second"]);
  assertNear(difference, comparison.difference);
  assertNear(overSeeds!.low, comparison.t.low);
  assertNear(overSeeds!.high, comparison.t.high);
  assertNear(overImages!.interval.low, comparison.bootstrap.low, 0.003);
  assertNear(overImages!.interval.high, comparison.bootstrap.high, 0.003);
  overImages!.mcNemar.forEach(({ seed, p }, i) => {
    assert.equal(seed, comparison.seeds[i]);
    assertNear(p, comparison.mcnemar[i]!);
  });
});

Deno.test("summarise() pairs the seeds that both rows have, and no others", () => {
  const runs = RUNS.filter(({ row, seed }) => row === "first" || seed === 2);
  const { differences: [found] } = summarise(LAYOUT, runs);
  assert.deepEqual(found!.seeds, [2]);
  assert.equal(found!.overSeeds, undefined, "one seed says nothing of others");
  assert.equal(found!.overImages!.mcNemar.length, 1);
  assert.deepEqual(summarise(LAYOUT, runs.filter(({ row }) => row === "first")).differences, []);
});

Deno.test("summarise() compares no images where the two rows saw others, or kept no verdicts", () => {
  const verdicts = evaluation("1101"), { verdicts: _verdicts, ...counts } = verdicts;
  const elsewhere = { ...verdicts, images: { source: "elsewhere" } };
  for (const other of [evaluation("110"), counts, elsewhere]) {
    const { differences: [found] } = summarise(LAYOUT, [
      { row: "first", seed: 1, evaluations: { clean: verdicts } },
      { row: "second", seed: 1, evaluations: { clean: other } },
    ]);
    assert.equal(found!.overImages, undefined);
  }
});
