import assert from "node:assert/strict";
import { firstIndices } from "../../../src/data/batches.ts";
import { corrupted, CORRUPTION_NAMES } from "../../../src/data/corruptions/corruptions.ts";
import { synthetic } from "../../../src/data/sets/synthetic.ts";
import {
  corruptionAccuracies,
  evaluateCorruptions,
} from "../../../src/evaluate/series/corruptions.ts";
import { evaluateAccuracy } from "../../../src/evaluate/evaluate.ts";
import type { EvaluationReport } from "../../../src/evaluate/report.ts";
import { mergeReports } from "../../../src/evaluate/shards/merge_reports.ts";
import { resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { freeze } from "../../../src/model/frozen.ts";
import { disposeAll, initialise } from "../../../src/model/parameters.ts";
import { describeReport } from "../../../src/report/evaluation_text.ts";
import { onWasm } from "../../testing/device.ts";

Deno.test("describeReport() says how far a mean under corruptions is CIFAR-10-C's, and that frost is generated", () => {
  const lines = (names: readonly string[], data = "cifar10") => {
    const found = new Map(names.map((name) => [name, [4, 3, 2, 1, 0]]));
    const report = {
      corruptions: corruptionAccuracies(found, 4),
      checkpoint: { path: "a", name: null },
      ...{ data: { name: data, n: 4 }, attack: { norm: "linf", epsilon: 8 / 255 }, seed: 5 },
    } as unknown as EvaluationReport;
    return describeReport(report).split("\n").slice(-2);
  };
  const mean = "  mean accuracy under corruptions: 50.00 %", frost = /^ {2}frost is generated, not/;
  const [all, note] = lines(CORRUPTION_NAMES);
  assert.equal(
    all,
    `${mean} (15 of CIFAR-10-C's 15 kinds: comparable with its mean but for frost)`,
  );
  assert.match(note!, frost);
  assert.match(lines(CORRUPTION_NAMES, "cifar100")[0]!, /: comparable with CIFAR-100-C's mean but/);
  assert.match(lines(CORRUPTION_NAMES, "folder")[0]!, /: not comparable with its mean\)$/);
  assert.match(
    lines(["frost"])[0]!,
    / \(1 of CIFAR-10-C's 15 kinds: not comparable with its mean\)$/,
  );
  assert.match(lines(["frost"])[1]!, frost);
  assert.equal(
    lines([...CORRUPTION_NAMES, "speckle_noise"])[0],
    `${mean} (15 of CIFAR-10-C's 15 kinds without speckle_noise: comparable with its mean but for frost)`,
  );
  assert.match(
    lines(["speckle_noise"])[1]!,
    / \(kinds that CIFAR-10-C's leaves out: not comparable/,
  );
  assert.match(lines(CORRUPTION_NAMES.slice(0, -1))[1]!, / \(14 of .*: not comparable with/);
});

Deno.test("corruptionAccuracies() means the kinds of CIFAR-10-C's mean, and others only where there are none", () => {
  const none = [0, 0, 0, 0, 0], all = [4, 4, 4, 4, 4], half = [2, 2, 2, 2, 2];
  const both = corruptionAccuracies(
    new Map([["fog", all], ["speckle_noise", none], ["snow", half]]),
    4,
  );
  assert.equal(both.accuracy, 0.75);
  assert.deepEqual(Object.keys(both.kinds), ["fog", "speckle_noise", "snow"]);
  assert.equal(corruptionAccuracies(new Map([["speckle_noise", half]]), 4).accuracy, 0.5);
});

onWasm(
  "evaluateCorruptions() counts what evaluateAccuracy() does of corrupted images, in parts too",
  async (backend) => {
    const architecture = resnet18({ width: 1, classes: 10, channels: 3 });
    const state = initialise(architecture, 1), model = freeze(architecture, state);
    const dataset = synthetic(1).test, kinds = ["fog", "gaussian_noise"] as const;
    const attack = { norm: "linf", epsilon: 8 / 255 } as const;
    const settings = (ids: Uint32Array) => ({
      backend,
      dataset,
      ids,
      batchSize: 8,
      seed: 5,
      attack,
    });
    const ids = Uint32Array.from({ length: 20 }, (_, i) => 3 * i), told: number[] = [];
    const found = await evaluateCorruptions(kinds, model, settings(ids), (done) => told.push(done));
    assert.deepEqual(Object.keys(found.kinds), kinds);
    let sum = 0;
    for (const name of kinds) {
      const of = found.kinds[name]!;
      for (let severity = 1; severity <= 5; severity++) {
        const made = corrupted(dataset, ids, name, severity, 5);
        const { accuracy, correct, n } = await evaluateAccuracy("clean", model, {
          ...settings(firstIndices(20, undefined)),
          dataset: made,
        });
        assert.deepEqual(of.severities[severity - 1], { accuracy, correct, n });
        sum += accuracy;
      }
    }
    assert.ok(sum > 0 && Math.abs(found.accuracy - sum / 10) < 1e-12);
    assert.deepEqual(told.slice(0, 4), [8, 16, 20, 28]);
    assert.equal(told.at(-1), 200);

    const report = {
      corruptions: found,
      checkpoint: { path: "a", name: null },
      ...{ data: { name: "made", n: 20 }, attack, seed: 5 },
    } as unknown as EvaluationReport;
    const parts: EvaluationReport[] = [];
    for (const part of [ids.slice(0, 8), ids.slice(8)]) {
      const corruptions = await evaluateCorruptions(kinds, model, settings(part));
      parts.push({ ...report, corruptions, data: { ...report.data, n: part.length } });
    }
    assert.deepEqual(mergeReports(parts), report);
    const lines = describeReport(report).split("\n").slice(-4);
    assert.match(lines[0]!, /^ {2}corruption {13}1 {9}2 .* mean$/);
    assert.match(lines[1]!, /^ {2}fog( +[\d.]+ %){6}$/);
    assert.match(
      lines[3]!,
      /^ {2}mean accuracy under corruptions: [\d.]+ % \(\d+ of CIFAR-10-C's 15 kinds: not comparable/,
    );
    const { fog } = found.kinds, one = { ...found, kinds: { fog } };
    const [title, row] = describeReport({ ...report, corruptions: one }).split("\n").slice(-3);
    assert.equal(title!.length, row!.length, "a short name's row is as long as the title's");
    model.dispose();
    [state.parameters, state.buffers].forEach(disposeAll);
  },
);
