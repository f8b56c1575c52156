import assert from "node:assert/strict";
import { join } from "@std/path";
import type { EvaluationOptions } from "../../src/evaluate/evaluation_options.ts";
import { evaluateRun } from "../../src/evaluate/evaluate_run.ts";
import { exportWeights } from "../../src/publish/export_weights.ts";
import { describeWeightsExport } from "../../src/publish/export_text.ts";
import { describeReport } from "../../src/report/evaluation_text.ts";
import { decodeSafetensors } from "../../src/format/safetensors.ts";
import { startRun } from "../../src/train/start.ts";
import { inRunFolder } from "../repro/support.ts";

/** A run of one step that keeps an average of its weights. */
const averagingRun = (directory: string) =>
  startRun({
    ...{ variant: "pgd-at", data: "synthetic", limitTrain: 8, batchSize: 8, width: 1, epochs: 1 },
    ...{ model: "small-cnn", attack: { steps: 1 }, optimiser: { average: "ema" } },
    ...{ select: "none", backend: "wasm", workers: 1 },
  }, directory);

Deno.test("evaluateRun() and exportWeights() say which of a run's weights it was", () =>
  inRunFolder(async (runDir) => {
    await averagingRun(runDir);
    const notes: string[] = [], file = `${runDir}-adv.safetensors`;
    const evaluate = (options: EvaluationOptions) =>
      evaluateRun(runDir, {
        ...options,
        given: { limitTest: 4 },
        observer: { onNote: (note) => notes.push(note) },
      });
    await evaluate({
      attacks: ["autoattack"],
      weights: "raw",
      autoAttack: { version: "custom", members: ["apgd-ce"], effort: { iterations: 1 } },
      saveAdversarial: file,
    });
    assert.match(
      notes.splice(0).join(),
      /^--limit-test 4 leaves \d of 10 classes without a test image: [^:]*$/,
    );
    const { path } = (await evaluate({ verifyAdversarial: file, weights: "raw" })).checkpoint;
    assert.deepEqual(notes, []);
    await evaluate({ verifyAdversarial: file });
    assert.deepEqual(notes, [
      `${file} was made for the weights of the optimiser in ${path}, not for the averaged weights: ` +
      "an attack on these may break more.",
    ]);

    const carried = await evaluate({ attacks: ["fgsm"], weights: "raw", source: runDir });
    assert.deepEqual(
      [carried.checkpoint.weights, carried.transfer!.source.weights],
      ["raw", "average"],
    );
    assert.ok(describeReport(carried).includes(`on images attacked on ${path}, averaged weights:`));

    const out = join(runDir, "weights.safetensors");
    const exported = await exportWeights(runDir, { format: "torch", out });
    assert.equal(exported.weights.weights, "average");
    assert.match(describeWeightsExport(exported), /…\), averaged weights:\n/);
    const { metadata } = decodeSafetensors(await Deno.readFile(out), out);
    assert.equal(metadata["memloss.weights"], "average");
    await Deno.remove(file);
  }));
