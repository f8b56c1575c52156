import assert from "node:assert/strict";
import {
  accuracyTitle,
  formatDuration,
  formatLoss,
  formatPercent,
} from "../../src/report/words.ts";

Deno.test("formatDuration() shows the two units that matter", () => {
  const shown = [0, -3, 0.4, 59.4, 59.6, 65, 3599.4, 3599.6, 3725, 86_400 * 2 + 60].map(
    formatDuration,
  );
  assert.deepEqual(
    shown,
    ["0s", "0s", "0s", "59s", "1m00s", "1m05s", "59m59s", "1h00m", "1h02m", "48h01m"],
  );
});

Deno.test("formatLoss() shows four decimals, and digits of what these would hide", () => {
  assert.deepEqual(
    [2.25, 0.0012, 0.000_999, 6e-6, 0, -0.5, NaN].map(formatLoss),
    ["2.2500", "0.0012", "1.0e-3", "6.0e-6", "0.0000", "-0.5000", "NaN"],
  );
});

Deno.test("formatPercent() shows two decimals", () => {
  assert.deepEqual([0, 0.4887, 1, 1 / 3].map(formatPercent), [
    "0.00 %",
    "48.87 %",
    "100.00 %",
    "33.33 %",
  ]);
});

Deno.test("accuracyTitle() says what sets an attack apart", () => {
  assert.deepEqual(
    ["clean", "fgsm", "pgd20", "cw7 restarts5", "autoattack", "autoattack custom a+b, 2 c"].map(
      accuracyTitle,
    ),
    ["clean", "FGSM", "PGD-20", "CW-7, 5 restarts", "AutoAttack", "AutoAttack, custom a+b, 2 c"],
  );
});
