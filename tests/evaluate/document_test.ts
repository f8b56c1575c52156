/** docs/run-files.md and docs/tables.md name what is in the files. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { evaluateRun } from "../../src/evaluate/evaluate_run.ts";
import { startRun } from "../../src/train/start.ts";
import { inTemporary } from "../memory/support.ts";

const root = new URL("../../", import.meta.url);

/** What stands between back quotes in a document. */
async function documented(name: string): Promise<Set<string>> {
  const text = await Deno.readTextFile(new URL(`docs/${name}`, root));
  const quoted = text.replaceAll(/```[^]*?```/g, "").matchAll(/`([^`]+)`/g);
  return new Set(Array.from(quoted).flatMap(([, code]) => code!.match(/\w+/g) ?? []));
}

/** The names of all fields of `value`; what a map of `maps` has are names of other things. */
function fields(value: unknown, maps: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => fields(each, maps));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [
    name,
    ...fields(maps.includes(name) ? Object.values(part ?? {}) : part, maps),
  ]);
}

Deno.test("docs/run-files.md names every field of a recipe.json and of an evaluation's report", () =>
  inTemporary(async (folder) => {
    const run = join(folder, "run"), saved = join(folder, "saved.safetensors");
    await startRun({
      ...{ variant: "v1", data: "synthetic", limitTrain: 8, width: 1, epochs: 1, batchSize: 8 },
      ...{ attack: { steps: 1 }, select: "none", backend: "wasm", workers: 1 },
    }, run);
    const report = await evaluateRun(run, {
      ...{ attacks: ["clean", "fgsm", "autoattack", "curve"], corruptions: ["fog"], limit: 4 },
      autoAttack: { version: "custom", members: ["apgd-ce"], effort: { iterations: 1 } },
      saveAdversarial: saved,
    });
    const checked = await evaluateRun(run, { verifyAdversarial: saved });
    const record = JSON.parse(await Deno.readTextFile(join(run, "recipe.json")));
    const names = await documented("run-files.md");
    for (const each of [report, checked]) {
      const { recipe: _, ...rest } = each, maps = ["perAttack", "kinds"];
      assert.deepEqual(fields(rest, maps).filter((name) => !names.has(name)), []);
    }
    const { recipe: _, ...rest } = record;
    assert.deepEqual(fields(rest, ["variants"]).filter((name) => !names.has(name)), []);
  }));

Deno.test("docs/tables.md names every field of a table.json", async () => {
  const path = new URL("docs/results/paper-small/table.json", root);
  const table = JSON.parse(await Deno.readTextFile(path)), names = await documented("tables.md");
  const found = fields(table, ["results", "published"]);
  assert.deepEqual([...new Set(found)].filter((name) => !names.has(name)), []);
});
