import assert from "node:assert/strict";
import { join } from "@std/path";
import { hasGivenHelper } from "../../../src/publish/robustbench/given_helper.ts";
import { readRunRecord } from "../../../src/run/folder/files.ts";
import type { RunRecord } from "../../../src/run/run_record.ts";
import { readWeightsSubject } from "../../../src/run/subject.ts";
import { startRun } from "../../../src/train/start.ts";
import { inTemporary } from "../../memory/support.ts";

Deno.test("hasGivenHelper() trusts a helper of the run's own, and one from a run that saw the same images and nothing else", () =>
  inTemporary(async (folder) => {
    const place = join(folder, "helper"), run = join(folder, "run");
    await startRun({
      ...{ variant: "standard", data: "synthetic", model: "small-cnn", width: 1, epochs: 1 },
      ...{ limitTrain: 4, limitTest: 4, batchSize: 4, select: "none", backend: "wasm", workers: 1 },
    }, place);
    const record = await readRunRecord(place);
    const { sha256 } = await readWeightsSubject(place, "last");
    const given = { sha256, copySha256: "", normalised: false };
    const helped = (more: Partial<RunRecord>, helper = place): RunRecord => ({
      ...record,
      ...{ recipe: { ...record.recipe, variant: "hat", helper }, helper: given },
      ...more,
    });
    assert.equal(await hasGivenHelper(run, record), false, "none");
    assert.equal(await hasGivenHelper(run, helped({}, "auto")), false, "its own");
    assert.equal(await hasGivenHelper(run, helped({})), false, "a run's");
    assert.equal(await hasGivenHelper(run, helped({}, join(folder, "gone"))), true, "a file");
    assert.equal(await hasGivenHelper(run, helped({ dataSha256: "0" })), true, "other images");
    const path = join(place, "recipe.json"), text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, JSON.stringify({ ...JSON.parse(text), from: given }));
    assert.equal(await hasGivenHelper(run, helped({})), true, "that began with given weights");
  }));
