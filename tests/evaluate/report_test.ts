import assert from "node:assert/strict";
import { join } from "@std/path";
import type { EvaluationSettings } from "../../src/evaluate/evaluate.ts";
import { keepReport, makeReport } from "../../src/evaluate/report.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import type { Subject } from "../../src/run/subject.ts";

Deno.test("keepReport() keeps what was attacked on other networks beside each other and beside its own", async () => {
  const directory = await Deno.makeTempDir({ prefix: "memloss-report-" });
  try {
    const recipe = resolveRecipe({ variant: "v1" });
    const run = { directory, link: "last", recipe } as const;
    const subject: Subject = { path: "last.safetensors", sha256: "", tensors: new Map(), run };
    const settings = {
      dataset: { classes: ["only"], labels: Uint8Array.of(0) },
      ids: Uint32Array.of(0),
      attack: recipe.threat,
      backend: { name: "wasm", adapter: "none" },
    } as unknown as EvaluationSettings;
    const found = { accuracy: 1, correct: 1, n: 1, verdicts: "1", confusion: [[1]] };
    const keep = async (digit?: string) => {
      const source = digit && { path: digit, sha256: digit.repeat(64) };
      const report = source
        ? makeReport(subject, recipe, settings, { clean: found }, {
          transfer: { source, accuracies: { pgd2: found } },
        })
        : makeReport(subject, recipe, settings, { clean: found, pgd2: found }, {});
      await keepReport(subject, report, { onNote: assert.fail });
    };
    for (const digit of [undefined, "a", "b"]) await keep(digit);
    const names = await Array.fromAsync(Deno.readDir(join(directory, "eval")), ({ name }) => name);
    const end = "n1.eps8.00.seed1.wasm.json";
    assert.deepEqual(names.sort(), [
      `last.clean-pgd2.from-aaaaaaaaaaaa.${end}`,
      `last.clean-pgd2.from-bbbbbbbbbbbb.${end}`,
      `last.clean-pgd2.${end}`,
    ]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
