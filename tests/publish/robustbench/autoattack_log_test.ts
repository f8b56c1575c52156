import assert from "node:assert/strict";
import { autoAttackLog } from "../../../src/publish/robustbench/autoattack_log.ts";
import { MEASURED } from "./made_reports.ts";

Deno.test("autoAttackLog() has AutoAttack's own lines, with the time since its start", () => {
  const lines = autoAttackLog(MEASURED, "linf").split("\n");
  assert.deepEqual(lines, [
    "setting parameters for standard version",
    "using standard version including apgd-ce, apgd-t, fab-t, square.",
    "initial accuracy: 62.50%",
    "apgd-ce - 1/1 - 2 out of 5 successfully perturbed",
    "robust accuracy after APGD-CE: 37.50% (total time 1.3 s)",
    "apgd-t - 1/1 - 1 out of 3 successfully perturbed",
    "robust accuracy after APGD-T: 25.00% (total time 11.3 s)",
    "fab-t - 1/1 - 0 out of 2 successfully perturbed",
    "robust accuracy after FAB-T: 25.00% (total time 11.8 s)",
    "square - 1/1 - 1 out of 2 successfully perturbed",
    "robust accuracy after SQUARE: 12.50% (total time 15.0 s)",
    "max Linf perturbation: 0.03137, nan in tensor: 0, max: 1.00000, min: 0.00000",
    "robust accuracy: 12.50%",
    "",
  ]);
});

Deno.test("autoAttackLog() says where no image was left to attack", () => {
  const { perAttack } = MEASURED;
  const none = { accuracy: 0, attacked: 0, broken: 0, seconds: 0 };
  const measured = { ...MEASURED, perAttack: { ...perAttack, "fab-t": none, square: none } };
  const log = autoAttackLog(measured, "l2");
  assert.match(log, /APGD-T.+\nno robust datapoints left, skipping remaining attacks\nmax L2 pert/);
  assert.doesNotMatch(log, /FAB-T|SQUARE/);
});
