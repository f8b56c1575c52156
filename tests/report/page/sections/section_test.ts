import assert from "node:assert/strict";
import { join } from "@std/path";
import { radiusPlot } from "../../../../src/report/page/radius_plot.ts";
import { readRun, type RunData } from "../../../../src/report/page/run_data.ts";
import { corruptions } from "../../../../src/report/page/sections/corruptions.ts";
import { accuracyOf } from "../../../../src/report/page/sections/section.ts";
import { makeRun } from "../made_run.ts";

/** A run of seed 1 with reports by file name, which have as many correct of 10 under everything. */
async function evaluated(
  reports: Readonly<Record<string, { seed: number; correct: number; restarts?: number }>>,
): Promise<RunData> {
  const run = await Deno.makeTempDir();
  try {
    const recipe = { variant: "v1", width: 1, epochs: 1, seed: 1 } as const;
    await makeRun(run, { recipe, stepsPerEpoch: 2, evaluated: 10 });
    const made = join(run, "eval", "made.json");
    const text = await Deno.readTextFile(made);
    await Deno.remove(made);
    for (const [name, { seed, correct, restarts = 1 }] of Object.entries(reports)) {
      const report = JSON.parse(text), found = { correct, n: 10 };
      delete report.autoattack;
      Object.assign(report, { pgd20: found, seed });
      report.attack.restarts = restarts;
      report.curve.points = [{ epsilon: 8 / 255, ...found }];
      report.corruptions = { kinds: { fog: { severities: Array(5).fill(found) } } };
      await Deno.writeTextFile(join(run, "eval", `${name}.json`), JSON.stringify(report));
    }
    return await readRun(run);
  } finally {
    await Deno.remove(run, { recursive: true });
  }
}

/** What a page says was correct of ten: under PGD-20, in the curve, under fog. */
function shown(run: RunData): (number | undefined)[] {
  const [, fog] = /<td class="cell" style="--share:(\d+)/.exec(corruptions([run])!.body.text)!;
  const { lines: [line] } = radiusPlot([run])!;
  return [accuracyOf(run, "pgd20")?.correct, line!.y[0]! / 10, Number(fog) / 10];
}

Deno.test("a page takes the evaluations drawn with the run's own seed, wherever their files stand", async () => {
  const own = { seed: 1, correct: 5 }, lower = { seed: 0, correct: 4 };
  const higher = { seed: 2, correct: 6 };
  assert.deepEqual(shown(await evaluated({ a: lower, b: own, c: higher })), [5, 5, 5]);
  assert.deepEqual(shown(await evaluated({ a: higher, b: lower })), [6, 6, 6]);
});

Deno.test("a page has evaluations of other restarts apart, and takes the curve of the fewest", async () => {
  const run = await evaluated({
    a: { seed: 1, correct: 3, restarts: 5 },
    b: { seed: 1, correct: 5 },
    c: { seed: 2, correct: 6 },
  });
  assert.deepEqual(shown(run).slice(0, 2), [5, 5]);
  assert.equal(accuracyOf(run, "pgd20 restarts5")?.correct, 3);
});
