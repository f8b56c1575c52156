import assert from "node:assert/strict";
import { evaluateRun } from "../../../src/evaluate/evaluate_run.ts";
import type { EvaluationOptions } from "../../../src/evaluate/evaluation_options.ts";

/** `evaluateRun()` with what a script without types may give. */
function refuses(options: Record<string, unknown>, message: RegExp): Promise<void> {
  // Before the target is looked at, which is nowhere.
  return assert.rejects(evaluateRun("absent", options as EvaluationOptions), {
    name: "UsageError",
    message,
  });
}

Deno.test("evaluateRun() refuses numbers that count nothing", async () => {
  for (const count of [0, -1, NaN, 1.5, Infinity, "4"]) {
    await refuses({ limit: count }, /^The limit must be a whole number of at least 1, not /);
    await refuses({ restarts: count }, /^The restarts must be a whole number of at least 1, not /);
  }
});

Deno.test("evaluateRun() refuses names that stand for nothing", async () => {
  await refuses({ attacks: [] }, /^The attacks must be at least one\.$/);
  await refuses(
    { attacks: ["clean", "pgd0"] },
    /^There is no attack "pgd0": say clean, fgsm, pgd20/,
  );
  await refuses({ corruptions: [] }, /^The corruptions must be at least one\.$/);
  await refuses({ corruptions: ["rain"] }, /^There is no corruption "rain": it is one of gauss/);
  await refuses(
    { checkpoint: "first" },
    /^There is no checkpoint "first": it is one of best, last/,
  );
  const attacks = ["autoattack"];
  await refuses(
    { attacks, autoAttack: { version: "fast" } },
    /^There is no AutoAttack version "fast"/,
  );
  await refuses({ attacks, autoAttack: { version: "custom" } }, /"custom" needs members/);
  await refuses(
    { attacks, autoAttack: { version: "custom", members: ["apgd"] } },
    /^There is no AutoAttack member "apgd"/,
  );
  const members = ["square", "apgd-ce", "square"];
  await refuses(
    { attacks, autoAttack: { version: "custom", members } },
    /^AutoAttack's square is named twice: leave one out\.$/,
  );
  const idle = [
    [["square"], { iterations: 7 }, "iterations have no meaning for square"],
    [["square"], { queries: 7, restarts: 2 }, "restarts have no meaning for square"],
    [["apgd-ce", "fab"], { targets: 2 }, "targets have no meaning for apgd-ce, fab"],
    [["apgd-t"], { queries: 5 }, "queries have no meaning for apgd-t"],
  ] as const;
  for (const [members, effort, what] of idle) {
    await refuses(
      { attacks, autoAttack: { version: "custom", members, effort } },
      new RegExp(`^AutoAttack's ${what}: leave them out\\.$`),
    );
  }
});
