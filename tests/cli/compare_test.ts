import assert from "node:assert/strict";
import { join } from "@std/path";
import type { ResultTable } from "../../src/report/tables/results.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { readWeights } from "../../src/run/subject.ts";
import { REFERENCE } from "../statistics/reference.ts";
import { evaluation } from "../report/tables/made_runs.ts";
import { copyFolder } from "../testing/folder.ts";
import { judgedTest } from "../testing/judge.ts";
import { assertRefused, memloss, memlossDone } from "./memloss.ts";
import { TinyWorld } from "./tiny.ts";

const { comparison } = REFERENCE;
/** β of the runs that stand for the fixture's two methods. */
const BETA = { first: 3, second: 4 } as const;

let world: TinyWorld;
/** The fixture's six runs. */
const runs: string[] = [];

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  const trained = world.path("trained");
  const epoch = ["--variant", "v1", "--select", "none", "--epochs", "1"];
  await memlossDone(...world.trainArgs(trained, ...epoch));
  const { sha256 } = await readWeights(join(trained, "checkpoints", "epoch-001.safetensors"));
  const recipe = await Deno.readTextFile(join(trained, "recipe.json"));
  for (const method of ["second", "first"] as const) {
    for (const [i, seed] of comparison.seeds.entries()) {
      const run = world.path(`${method}-${seed}`);
      await copyFolder(trained, run);
      const changed = recipe.replace('"seed": 1', `"seed": ${seed}`)
        .replace('"beta": 3', `"beta": ${BETA[method]}`);
      await Deno.writeTextFile(join(run, "recipe.json"), changed);
      await writeReport(run, "clean", sha256, seed, comparison.verdicts[method][i]!);
      await writeReport(run, "other", "0".repeat(64), seed, "1111"); // of a checkpoint that is gone
      runs.push(run);
    }
  }
});
Deno.test.afterAll(() => world.remove());

Deno.test("memloss compare says in a sentence that a run's evaluations cannot be read", async () => {
  const odd = world.path("odd");
  await copyFolder(runs[0]!, odd);
  await Deno.remove(join(odd, "eval"), { recursive: true });
  await Deno.writeTextFile(join(odd, "eval"), "");
  assertRefused(await memloss("compare", odd), 1, /^error: Could not read .+eval: /);
});

/** Leaves in `eval/` what an evaluation with these verdicts would. */
async function writeReport(
  run: string,
  name: string,
  sha256: string,
  seed: number,
  verdicts: string,
): Promise<void> {
  const report = {
    clean: evaluation(verdicts),
    checkpoint: { path: "", sha256, name: "last", select: "none" },
    attack: { norm: "linf", epsilon: 8 / 255, fraction: "8/255", restarts: 1 },
    seed,
  };
  await writeJson(run, name, report);
}

async function writeJson(run: string, name: string, report: object): Promise<void> {
  await Deno.mkdir(join(run, "eval"), { recursive: true });
  await Deno.writeTextFile(join(run, "eval", `${name}.json`), JSON.stringify(report));
}

Deno.test("memloss compare of three seeds and two methods gives the numbers that SciPy gives", async () => {
  const { stdout } = await memlossDone("compare", ...runs, "--format", "json");
  const { rows, columns, differences }: ResultTable = JSON.parse(stdout);
  const near = (actual: number, expected: number, tolerance = 1e-12) =>
    assert(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
  assert.deepEqual(columns, [{ name: "clean n400", label: "clean, n = 400" }]);
  assert.deepEqual(rows.map(({ label }) => label), ["v1, beta 4", "v1, beta 3"]);
  for (const [row, method] of [[rows[1]!, "first"], [rows[0]!, "second"]] as const) {
    const { mean, deviation, seeds } = row.results["clean n400"]!;
    near(mean, comparison.means[method]);
    near(deviation!, comparison.deviations[method]);
    assert.deepEqual(seeds.map(({ seed }) => seed), comparison.seeds);
  }
  const [{ difference, overSeeds, overImages }] = differences as [typeof differences[number]];
  near(-difference, comparison.difference); // the second method was named first
  near(-overSeeds!.high, comparison.t.low);
  near(-overSeeds!.low, comparison.t.high);
  near(-overImages!.interval.high, comparison.bootstrap.low, 0.003); // for its draws
  near(-overImages!.interval.low, comparison.bootstrap.high, 0.003);
  overImages!.mcNemar.forEach(({ p }, i) => near(p, comparison.mcnemar[i]!));
});

Deno.test("memloss compare writes Markdown unless told, LaTeX and CSV", async () => {
  const [markdown, latex, csv] = await Promise.all([
    memlossDone("compare", ...runs),
    memlossDone("compare", ...runs, "--format", "latex"),
    memlossDone("compare", ...runs, "--format", "csv"),
  ]);
  assert.match(markdown!.stdout, /^# Runs compared\n/);
  assert.match(markdown!.stdout, /\| v1, beta 3 \| +51\.92 ± 1\.01 \| 1, 2, 3 \|/);
  assert.match(latex!.stdout, /v1, beta 3 & \$51\.92 \\pm 1\.01\$ \\\\/);
  assert.equal(csv!.stdout.split("\r\n").length, 1 + 6 + 1);
});

Deno.test("memloss compare refuses nothing, twins and a run that was not evaluated, in one sentence", async () => {
  const twin = world.path("twin");
  await copyFolder(runs[0]!, twin);
  assertRefused(await memloss("compare"), 2, /Say what to compare/);
  assertRefused(await memloss("compare", ...runs, twin), 2, /runs of one recipe with seed 1/);
  assertRefused(
    await memloss("compare", world.path("trained")),
    2,
    /has no evaluation of its last checkpoint: make one with .*deno\S* task memloss eval/,
  );
  await Deno.writeTextFile(join(twin, "eval", "clean.json"), "{");
  assertRefused(await memloss("compare", twin), 2, /clean\.json is no report of memloss eval/);
});

/** Every number of `memloss compare` once more, from the verdicts alone: `{"v1, beta 3": {"clean": ["0110…", …]}}` as its argument. */
const SCIPY = `
import json, sys
import numpy as np
from scipy import stats
given = json.loads(sys.argv[1])
right = {row: {name: np.array([[int(c) for c in seed] for seed in seeds]) for name, seeds in columns.items()}
         for row, columns in given.items()}
rows, differences = {}, []
for row, columns in right.items():
    rows[row] = {}
    for name, seeds in columns.items():
        accuracies = seeds.mean(axis=1)
        wilson = [stats.binomtest(int(k), seeds.shape[1]).proportion_ci(method="wilson") for k in seeds.sum(axis=1)]
        rows[row][name] = {"mean": accuracies.mean(), "deviation": accuracies.std(ddof=1),
                           "intervals": [[each.low, each.high] for each in wilson]}
first, second = right.values()
for name in first:
    a, b = first[name], second[name]
    seeds = a.mean(axis=1) - b.mean(axis=1)
    t = stats.t.interval(0.95, len(seeds) - 1, loc=seeds.mean(), scale=stats.sem(seeds))
    images = (a - b).mean(axis=0)
    boot = stats.bootstrap((images,), np.mean, n_resamples=100_000, batch=1000, method="percentile",
                           random_state=np.random.default_rng(3)).confidence_interval
    exact = [stats.binomtest(int(((x == 1) & (y == 0)).sum()), int((x != y).sum())).pvalue for x, y in zip(a, b)]
    differences.append({"column": name, "difference": seeds.mean(), "t": t, "bootstrap": [boot.low, boot.high],
                        "mcnemar": exact})
print(json.dumps({"rows": rows, "differences": differences}, default=float))
`;

judgedTest("memloss compare of made-up runs gives what SciPy makes of their verdicts", [
  "scipy",
  "numpy",
], async (judge) => {
  const trained = world.path("trained"), made: string[] = [];
  const { sha256 } = await readWeights(join(trained, "checkpoints", "epoch-001.safetensors"));
  const recipe = await Deno.readTextFile(join(trained, "recipe.json"));
  const stream = new Stream(41, Purpose.synthetic),
    verdicts: Record<string, Record<string, string[]>> = {};
  for (const [beta, level] of [[3, 0.6], [5, 0.52]] as const) {
    const columns = verdicts[`v1, beta ${beta}`] = {
      "clean n250": [] as string[],
      "pgd20 n90 linf 8/255": [] as string[],
    };
    for (const seed of [4, 11, 12]) {
      const run = world.path(`made-${beta}-${seed}`);
      await copyFolder(trained, run);
      const changed = recipe.replace('"seed": 1', `"seed": ${seed}`).replace(
        '"beta": 3',
        `"beta": ${beta}`,
      );
      await Deno.writeTextFile(join(run, "recipe.json"), changed);
      const draw = (n: number, share: number) =>
        Array.from({ length: n }, () => +(stream.uniform() < share)).join("");
      const clean = draw(250, level), pgd20 = draw(90, level / 2);
      columns["clean n250"].push(clean);
      columns["pgd20 n90 linf 8/255"].push(pgd20);
      await writeReport(run, "clean", sha256, seed, clean);
      const pgd = {
        pgd20: evaluation(pgd20),
        checkpoint: { path: "", sha256, name: "last", select: "none" },
      };
      const attack = { norm: "linf", epsilon: 8 / 255, fraction: "8/255", restarts: 1 };
      await writeJson(run, "pgd", { ...pgd, attack, seed });
      made.push(run);
    }
  }
  const { stdout } = await memlossDone("compare", ...made, "--format", "json");
  const { rows, columns, differences }: ResultTable = JSON.parse(stdout);
  const scipy = JSON.parse(await judge(SCIPY, JSON.stringify(verdicts)));
  const near = (actual: number, expected: number, tolerance = 1e-9) =>
    assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
  assert.deepEqual(rows.map(({ label }) => label), Object.keys(verdicts));
  assert.deepEqual(columns.map(({ name }) => name), ["clean n250", "pgd20 n90 linf 8/255"]);
  for (const { label, results } of rows) {
    for (const { name } of columns) {
      const { mean, deviation, seeds } = results[name]!, expected = scipy.rows[label][name];
      near(mean, expected.mean);
      near(deviation!, expected.deviation);
      assert.deepEqual(seeds.map(({ seed }) => seed), [4, 11, 12]);
      seeds.forEach(({ interval }, i) => {
        near(interval.low, expected.intervals[i][0]);
        near(interval.high, expected.intervals[i][1]);
      });
    }
  }
  for (const [i, { column, difference, overSeeds, overImages }] of differences.entries()) {
    const expected = scipy.differences[i];
    assert.equal(column, expected.column);
    near(difference, expected.difference);
    near(overSeeds!.low, expected.t[0]);
    near(overSeeds!.high, expected.t[1]);
    // Both draw their test sets: one image in a seed of three is 1/270 of the smaller column.
    near(overImages!.interval.low, expected.bootstrap[0], 1 / 200);
    near(overImages!.interval.high, expected.bootstrap[1], 1 / 200);
    overImages!.mcNemar.forEach(({ p }, seed) => near(p, expected.mcnemar[seed]));
  }
});
