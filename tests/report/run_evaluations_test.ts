import assert from "node:assert/strict";
import { evaluationsOf } from "../../src/report/run_evaluations.ts";

const FOUND = { accuracy: 0.5, correct: 1, n: 2, verdicts: "10" };
const REPORT = {
  checkpoint: { sha256: "c" },
  attack: { norm: "linf", fraction: "8/255", restarts: 2 },
  seed: 1,
};

Deno.test("evaluationsOf() gives restarts to PGD and CW, and to no accuracy that is not begun again", () => {
  const autoattack = { ...FOUND, version: "custom", perAttack: { square: {} }, effort: {} };
  const all = { clean: FOUND, fgsm: FOUND, pgd1: FOUND, cw2: FOUND, autoattack };
  const restarts = evaluationsOf({ ...REPORT, ...all }).map((
    { name, restarts },
  ) => [name, restarts]);
  assert.deepEqual(restarts, [
    ...[["clean", 1], ["fgsm", 1], ["pgd1", 2], ["cw2", 2], ["autoattack", 1]],
  ]);
});

Deno.test("evaluationsOf() says of which images an accuracy is, where the report does", () => {
  const digest = (data?: { sha256?: string }) =>
    evaluationsOf({ ...REPORT, clean: FOUND, ...data && { data } })[0]!.imagesSha256;
  assert.equal(digest({ sha256: "i" }), "i");
  assert.equal(digest({}), undefined);
  assert.equal(digest(), undefined);
});
