import assert from "node:assert/strict";
import { join } from "@std/path";
import { UsageError } from "../../../src/errors.ts";
import { evaluateRun } from "../../../src/evaluate/evaluate_run.ts";
import type { EvaluationOptions } from "../../../src/evaluate/evaluation_options.ts";
import { mergeShards } from "../../../src/evaluate/shards/merge_shards.ts";
import { startRun } from "../../../src/train/start.ts";
import { inRunFolder } from "../../repro/support.ts";

const COUNT = 4;

/** Trains a run for a second and evaluates with it. */
function withRun(use: (runDir: string) => Promise<void>): Promise<void> {
  return inRunFolder(async (runDir) => {
    const recipe = {
      variant: "standard",
      width: 1,
      epochs: 3,
      batchSize: 8,
      limitTrain: 64,
    } as const;
    const device = {
      select: "none",
      backend: "wasm",
      workers: 1,
      optimiser: { lr: 0.05 },
    } as const;
    await startRun({ ...recipe, ...device, dataDir: join(runDir, "..", "data") }, runDir);
    await use(runDir);
  });
}

/** The only report in the run's `eval/`, whose times are its own; it is taken away. */
async function takeReport(runDir: string): Promise<string> {
  const folder = join(runDir, "eval");
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const [name, ...more] = names.filter((each) => each.endsWith(".json"));
  assert.deepEqual(more, []);
  const text = await Deno.readTextFile(join(folder, name!));
  await Deno.remove(join(folder, name!));
  return `${name}\n${text.replace(/"seconds": [\d.e-]+/g, '"seconds": 0')}`;
}

async function evaluateShards(runDir: string, options: EvaluationOptions, count = COUNT) {
  for (let index = 1; index <= count; index++) {
    await evaluateRun(runDir, { ...options, shard: { index, count } });
  }
}

/** The folders of shards in the run's `eval/`. */
function shardFolders(runDir: string): string[] {
  const folder = join(runDir, "eval");
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".shards")).sort().map((name) => join(folder, name));
}

Deno.test("mergeShards() makes the bytes of the evaluation in one piece, but for times", () =>
  withRun(async (runDir) => {
    const all: EvaluationOptions = {
      attacks: ["clean", "fgsm", "pgd2", "autoattack"],
      limit: 23, // the last batch is not full
      restarts: 2,
      given: { batchSize: 6, workers: 1 },
      autoAttack: {
        version: "custom",
        members: ["apgd-ce", "square"],
        effort: { iterations: 4, queries: 12, restarts: 1 },
      },
    };
    const carried: EvaluationOptions = {
      attacks: ["clean", "pgd2"],
      limit: 10,
      given: { batchSize: 2, workers: 1, threat: { epsilon: 4 / 255 } },
      source: join(runDir, "checkpoints", "last"),
    };
    const curve: EvaluationOptions = {
      attacks: ["curve"],
      limit: 4,
      given: { batchSize: 1, workers: 1 },
    };
    const corrupted: EvaluationOptions = {
      corruptions: ["contrast", "snow"],
      limit: 10,
      given: { batchSize: 3, workers: 1 },
    };
    for (const options of [all, carried, curve, corrupted]) {
      const unsharded = await evaluateRun(runDir, options);
      if (unsharded.autoattack) assert.ok(unsharded.autoattack.perAttack["apgd-ce"]!.broken > 0);
      const expected = await takeReport(runDir);
      await evaluateShards(runDir, options);
      await mergeShards(runDir, options);
      assert.equal(await takeReport(runDir), expected);
    }
    const told: string[] = [];
    const again = { ...carried, observer: { onNote: (note: string) => void told.push(note) } };
    await evaluateRun(runDir, { ...again, shard: { index: 2, count: COUNT } });
    assert.match(told.join(), /^Shard 2\/4 was evaluated before: it is in .+2-of-4\.json\.$/);
  }));

Deno.test("mergeShards() refuses shards that are missing, foreign, double or damaged", () =>
  withRun(async (runDir) => {
    const options: EvaluationOptions = {
      attacks: ["clean"],
      limit: 8,
      given: { batchSize: 2, workers: 1 },
    };
    const refused = (pattern: RegExp, asked = options) =>
      assert.rejects(mergeShards(runDir, asked), (error: Error) => {
        assert.ok(error instanceof UsageError, error.stack);
        assert.match(error.message, pattern);
        return true;
      });
    await refused(/^There is no shard of this evaluation in .+eval: make them with --shard 1\/N/);
    await evaluateShards(runDir, options);
    const seeded = { ...options, given: { batchSize: 2, workers: 1, seed: 7 } };
    await refused(/^There is no shard .+, only some of other weights or options: make/, seeded);
    const [folder] = shardFolders(runDir);
    const path = (index: number, count = COUNT) => join(folder!, `${index}-of-${count}.json`);

    const kept = await Deno.readTextFile(path(3));
    await Deno.remove(path(3));
    await Deno.remove(path(4));
    await refused(/^2 of 4 shards are missing in .+: evaluate --shard 3\/4, --shard 4\/4 first\.$/);
    await Deno.copyFile(path(2), path(3));
    await evaluateRun(runDir, { ...options, shard: { index: 4, count: COUNT } });
    await refused(/3-of-4\.json holds shard 2\/4 a second time: move it away, and evaluate/);
    await Deno.writeTextFile(path(3), kept.replace('"correct": ', '"correct": 1'));
    await refused(/3-of-4\.json is damaged: move it away, and evaluate --shard 3\/4 again\.$/);
    await evaluateShards(runDir, seeded, COUNT);
    const other = shardFolders(runDir).find((each) => each !== folder)!;
    await Deno.copyFile(join(other, "3-of-4.json"), path(3));
    await refused(/3-of-4\.json was made with seed 7, and not 1: move it away/);
    await assert.rejects(evaluateRun(runDir, { ...options, shard: { index: 3, count: COUNT } }), {
      message: /was made with seed 7/,
    });
    await Deno.writeTextFile(path(3), kept.replace(/("checkpoint": "[^"]{63})./, "$1x"));
    await refused(/3-of-4\.json was made of other weights: move it away/);
    await Deno.writeTextFile(path(3), kept);
    await Deno.copyFile(path(1), path(1, 2));
    await refused(/ has shards of 2 and of 4, which hold images twice: move those of all but one/);
    await Deno.remove(path(1, 2));
    assert.equal((await mergeShards(runDir, options)).clean!.n, 8);
  }));
