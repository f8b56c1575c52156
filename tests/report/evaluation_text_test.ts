import assert from "node:assert/strict";
import { makeReport } from "../../src/evaluate/report.ts";
import { describeReport } from "../../src/report/evaluation_text.ts";
import { DIGEST, madeEvaluation } from "../evaluate/made_evaluation.ts";

Deno.test("describeReport() says how often an attack began anew, where that was more than once", () => {
  const [subject, recipe, settings] = madeEvaluation("run", "cifar10");
  const found = { accuracy: 1, correct: 1, n: 1, verdicts: "1", confusion: [[1]] };
  const said = (restarts: number) =>
    describeReport(
      makeReport(subject, recipe, { ...settings, restarts }, DIGEST, { pgd2: found }, {}),
    ).split("\n")[1];
  const text = "1 test images of cifar10, linf ε = 8.00/255, seed 1";
  assert.deepEqual([said(1), said(5)], [text, `${text}, 5 restarts`]);
});
