import assert from "node:assert/strict";
import { makeReport } from "../../src/evaluate/report.ts";
import { DIGEST, madeEvaluation } from "./made_evaluation.ts";

Deno.test("makeReport() says of saved images in which ball they were held, whatever the recipe's is", () => {
  const perturbation = { largest: 0.4, nan: 0, max: 1, min: 0 };
  const bounds = { norm: "l2", epsilon: 128 / 255 } as const;
  const kept = { perturbation, withinBounds: true, outside: 0 };
  const verified = { accuracy: 1, correct: 1, n: 1, ...bounds, ...kept };
  const { attack } = makeReport(...madeEvaluation("run", "cifar10"), DIGEST, {}, { verified });
  assert.deepEqual(attack, { ...bounds, fraction: "128/255", restarts: 1 });
});
