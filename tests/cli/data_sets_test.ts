import assert from "node:assert/strict";
import { join } from "@std/path";
import { PUBLISHED_SETS } from "../../src/data/sets/sets.ts";
import { withDirectory, writeFiles } from "../data/made_cifar10.ts";
import { folderOf, madeFiles } from "../data/made_sets.ts";
import { memlossDone } from "./memloss.ts";
import { TINY_FLAGS } from "./tiny.ts";

const COUNTS = { train: 20, test: 6 };

for (const set of PUBLISHED_SETS) {
  Deno.test(`memloss verifies, shows, trains and evaluates on ${set.name}`, () =>
    withDirectory(async (directory) => {
      const folder = folderOf(set, directory);
      await writeFiles(folder, madeFiles(set, COUNTS));
      const at = ["--data-dir", directory], json = "--json";
      const parse = async (...args: string[]) => JSON.parse((await memlossDone(...args)).stdout);
      const verified = await parse("data", "verify", set.name, ...at, json);
      assert.deepEqual([verified.directory, verified.train, verified.test], [folder, 20, 6]);
      const sheet = join(directory, "sheet.png");
      const shown = await parse("data", "show", set.name, ...at, json, "--out", sheet);
      assert.equal(shown.test.labels.length, set.classes.length);
      assert.equal(shown.train.mean.length, set.shape.channels);
      assert.ok((await Deno.stat(sheet)).size > 0);

      const run = join(directory, "run");
      const data = ["--data", set.name, ...at];
      await memlossDone("train", ...data, "--run-dir", run, ...TINY_FLAGS, "--select", "none");
      const report = await parse("eval", run, "--attack", "clean,pgd2", json);
      assert.deepEqual([report.data.name, report.pgd2.n], [set.name, 6]);
      const weights = join(run, "checkpoints", "epoch-002.safetensors");
      const ofFile = await parse("eval", weights, ...data, "--backend", "wasm", json);
      assert.deepEqual(ofFile.clean.correct, report.clean.correct);
      const doctor = await parse("doctor", ...at, json);
      assert.equal(doctor.data[set.name], true);
    }));
}
