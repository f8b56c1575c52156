import assert from "node:assert/strict";
import { join } from "@std/path";
import { CORRUPTION_NAMES } from "../../src/data/corruptions/corruptions.ts";
import type { EvaluationSettings } from "../../src/evaluate/evaluate.ts";
import { keepReport } from "../../src/evaluate/kept_report.ts";
import { makeReport } from "../../src/evaluate/report.ts";
import { corruptionAccuracies } from "../../src/evaluate/series/corruptions.ts";
import type { Recipe, RecipeInput } from "../../src/recipe/recipe.ts";
import type { Subject } from "../../src/run/subject.ts";
import { DIGEST, madeEvaluation } from "./made_evaluation.ts";

/** The names of the files that `keep` leaves of a run, of which it is told what a report is made of. */
async function keptBy(
  keep: (subject: Subject, recipe: Recipe, settings: EvaluationSettings) => Promise<void>,
  data: RecipeInput["data"] = "cifar10",
): Promise<string[]> {
  const directory = await Deno.makeTempDir({ prefix: "memloss-report-" });
  try {
    await keep(...madeEvaluation(directory, data));
    const names = await Array.fromAsync(Deno.readDir(join(directory, "eval")), ({ name }) => name);
    return names.sort();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const found = { accuracy: 1, correct: 1, n: 1, verdicts: "1", confusion: [[1]] };
const end = "n1.eps8.00.seed1.wasm.json";

Deno.test("keepReport() keeps what was attacked on other networks beside each other and beside its own", async () => {
  const names = await keptBy(async (subject, recipe, settings) => {
    const of = (digit: string, more = {}) => ({ path: digit, sha256: digit.repeat(64), ...more });
    const others = [{ activation: "silu" }, { input: { range: [0, 255] } }, {
      input: { mean: [0] },
    }];
    for (const source of [undefined, of("a"), of("b"), ...others.map((more) => of("b", more))]) {
      const report = source
        ? makeReport(subject, recipe, settings, DIGEST, { clean: found }, {
          transfer: { source, accuracies: { pgd2: found } },
        })
        : makeReport(subject, recipe, settings, DIGEST, { clean: found, pgd2: found }, {});
      await keepReport(subject, report, { onNote: assert.fail });
    }
  });
  assert.deepEqual(names, [
    `last.clean-pgd2.from-aaaaaaaaaaaa.${end}`,
    `last.clean-pgd2.from-bbbbbbbbbbbb-7eef6a1a7b9c.${end}`,
    `last.clean-pgd2.from-bbbbbbbbbbbb-ee2fe390fdc9.${end}`,
    `last.clean-pgd2.from-bbbbbbbbbbbb-silu.${end}`,
    `last.clean-pgd2.from-bbbbbbbbbbbb.${end}`,
    `last.clean-pgd2.${end}`,
  ]);
});

Deno.test("keepReport() keeps what was found on other images of one file beside each other", async () => {
  const names = await keptBy(async (subject, recipe, settings) => {
    for (const sha256 of ["a".repeat(64), DIGEST]) {
      const report = makeReport(subject, recipe, settings, sha256, { clean: found }, {});
      assert.deepEqual(report.data, { name: "npz", part: "test", n: 1, sha256 });
      await keepReport(subject, report, { onNote: assert.fail });
    }
  }, "npz");
  assert.deepEqual(names, [
    "last.clean.n1.images-0123456789ab.eps8.00.seed1.wasm.json",
    "last.clean.n1.images-aaaaaaaaaaaa.eps8.00.seed1.wasm.json",
  ]);
});

Deno.test("keepReport() keeps what so many attacks found that their names do not fit into a file's", async () => {
  const many = Array.from({ length: 60 }, (_, steps) => [`pgd${steps + 1}`, found] as const);
  const names = await keptBy(async (subject, recipe, settings) => {
    for (const attacks of [many, many.slice(1), [...many.slice(0, -1), ["cw20", found]]]) {
      const accuracies = Object.fromEntries(attacks);
      const report = makeReport(subject, recipe, settings, DIGEST, accuracies, {});
      await keepReport(subject, report, { onNote: assert.fail });
    }
  }, "npz");
  assert.equal(names.length, 3);
  for (const name of names) {
    assert.match(name, /^last\.pgd\d-.*-[0-9a-f]{12}\.n1\.images-0123456789ab\.eps8\.00\.seed1\./);
    assert.ok(name.length < 220, name);
  }
});

Deno.test("keepReport() names common corruptions, in a name that a file can have", async () => {
  const names = await keptBy(async (subject, recipe, settings) => {
    const fewer = CORRUPTION_NAMES.slice(1), other = [...fewer, "speckle_noise"];
    for (const kinds of [CORRUPTION_NAMES, ["fog", "snow"], fewer, other]) {
      const counts = kinds.map((name) => [name, [1, 1, 1, 1, 1]] as const);
      const corruptions = corruptionAccuracies(new Map(counts), 1);
      const report = makeReport(subject, recipe, settings, DIGEST, { clean: found }, {
        corruptions,
      });
      await keepReport(subject, report, { onNote: assert.fail });
    }
  });
  assert.equal(names.length, 4);
  assert.ok(names.includes(`last.clean-corruptions-15.${end}`));
  assert.ok(names.includes(`last.clean-corruptions-fog+snow.${end}`));
  const many = /^last\.clean-corruptions-[0-9a-f]{12}\.n1\.eps8\.00\.seed1\.wasm\.json$/;
  assert.equal(names.filter((name) => many.test(name)).length, 2, names.join());
});

Deno.test("keepReport() keeps radii apart that two digits do not tell from each other", async () => {
  const names = await keptBy(async (subject, recipe, settings) => {
    for (const epsilon of [8 / 255, 0.031373, 4.5 / 255]) {
      const attacked = { ...settings, attack: { ...settings.attack, epsilon } };
      const report = makeReport(subject, recipe, attacked, DIGEST, { pgd2: found }, {});
      await keepReport(subject, report, { onNote: assert.fail });
    }
  });
  assert.deepEqual(names, [
    "last.pgd2.n1.eps4.50.seed1.wasm.json",
    "last.pgd2.n1.eps8.00.seed1.wasm.json",
    "last.pgd2.n1.eps8.000115.seed1.wasm.json",
  ]);
});
