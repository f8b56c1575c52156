import assert from "node:assert/strict";
import type { EvaluationReport } from "../../../src/evaluate/report.ts";
import { mergeReports } from "../../../src/evaluate/shards/merge_reports.ts";
import { overflowWarning, squareWarning } from "../../../src/evaluate/autoattack/sanity.ts";

/** A shard of 100 images of which APGD leaves `before` and Square `after`; some were broken by logits that are not finite. */
function shard(before: number, after: number, network: string, overflowed = 0): EvaluationReport {
  const member = (attacked: number, correct: number) => ({
    ...{ accuracy: correct / 100, correct, n: 100 },
    ...{ attacked, broken: attacked - correct, seconds: 1 },
  });
  const perAttack = { "apgd-ce": member(100, before), square: member(before, after) };
  const own = [
    squareWarning(perAttack),
    overflowWarning({ n: 100, confusion: [[100 - overflowed]] }),
  ];
  return {
    autoattack: {
      ...{
        accuracy: after / 100,
        correct: after,
        n: 100,
        verdicts: "1",
        confusion: [[100 - overflowed]],
      },
      version: "custom",
      clean: { accuracy: 1, correct: 100, n: 100 },
      perAttack,
      perturbation: { largest: 0.1, nan: 0, max: 1, min: 0 },
      warnings: [network, ...own.filter((warning) => warning !== undefined)],
    },
    data: { name: "made", part: "test", n: 100 },
  } as unknown as EvaluationReport;
}

Deno.test("mergeReports() warns of the network as of the first images and of Square and overflow as of all", () => {
  const lines = (reports: EvaluationReport[]) => mergeReports(reports).autoattack!.warnings;
  assert.deepEqual(lines([shard(50, 49, "first"), ...Array(9).fill(shard(50, 50, "other"))]), [
    "first",
  ]);
  const [network, square, ...more] = lines([shard(50, 50, "first"), shard(50, 40, "other")]);
  assert.deepEqual([network, more], ["first", []]);
  assert.match(square!, /^Square took 5\.00 points from what the white-box attacks had left/);
  const overflow = (count: number) =>
    `${count} of 200 images were broken by logits that are no finite numbers, and not by those of another class: look for overflow in the model.`;
  const [mine, other] = [shard(50, 50, "first", 2), shard(50, 50, "other", 1)];
  assert.deepEqual(lines([mine, other]), ["first", overflow(3)]);
  assert.deepEqual(lines([shard(50, 50, "first"), other]), ["first", overflow(1)]);
});
