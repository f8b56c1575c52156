import assert from "node:assert/strict";
import { continued, type Line } from "../../../src/report/dashboard/live_run.ts";
import type { RunData } from "../../../src/report/page/run_data.ts";

const step = (epoch: number, step: number, loss = 1) =>
  ({ kind: "step", epoch, step, loss, terms: {} }) as unknown as Line;
const epoch = (epoch: number) => ({ kind: "epoch", epoch, terms: {} }) as unknown as Line;

/** What is known of steps and epochs, in a few words. */
function known(before: readonly Line[], since: readonly Line[]) {
  const run = {
    steps: before.filter(({ kind }) => kind === "step"),
    epochs: before.filter(({ kind }) => kind === "epoch"),
    damaged: 3,
  } as unknown as RunData;
  const { steps, epochs, damaged } = continued(run, since);
  assert.equal(damaged, 3);
  return [
    steps.map((line) => `${line.epoch}.${line.step}${line.loss === 1 ? "" : "'"}`).join(" "),
    epochs.map((line) => line.epoch).join(" "),
  ];
}

Deno.test("continued() has what was logged, as far as the new sitting does not take it anew", () => {
  const before = [step(1, 1), step(1, 2), epoch(1), step(2, 1), step(2, 2)];
  assert.deepEqual(known(before, []), ["1.1 1.2 2.1 2.2", "1"]);
  assert.deepEqual(known(before, [step(2, 2, 5), epoch(2)]), ["1.1 1.2 2.1 2.2'", "1 2"]);
  assert.deepEqual(known(before, [step(2, 1, 5)]), ["1.1 1.2 2.1'", "1"]);
  // All steps of the epoch were taken before the stop, its evaluation was not made.
  assert.deepEqual(known(before, [epoch(2)]), ["1.1 1.2 2.1 2.2", "1 2"]);
  assert.deepEqual(known(before, [epoch(1), step(2, 1, 5)]), ["1.1 1.2 2.1'", "1"]);
  assert.deepEqual(known([], [step(1, 1), step(1, 2)]), ["1.1 1.2", ""]);
});
