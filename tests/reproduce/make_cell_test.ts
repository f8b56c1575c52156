import assert from "node:assert/strict";
import type { AutoAttackResult } from "../../src/evaluate/autoattack/result.ts";
import { evaluationTime } from "../../src/reproduce/make_cell.ts";
import { AUTOATTACK } from "../publish/robustbench/made_reports.ts";

Deno.test("evaluationTime() counts all sittings of an AutoAttack, and this one where it is longer", () => {
  const autoattack = AUTOATTACK as unknown as AutoAttackResult; // 15 s in all
  assert.equal(evaluationTime({ autoattack }, 2), 15);
  assert.equal(evaluationTime({ autoattack }, 20), 20);
  assert.equal(evaluationTime({}, 2), 2);
});
