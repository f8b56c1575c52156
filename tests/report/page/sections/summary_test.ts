import assert from "node:assert/strict";
import { join } from "@std/path";
import { continued } from "../../../../src/report/dashboard/live_run.ts";
import { renderLiveContent, renderPage } from "../../../../src/report/page/page.ts";
import { readRun, type RunData } from "../../../../src/report/page/run_data.ts";
import { makeRun } from "../made_run.ts";

/** A run of four epochs, the `collapsed` of which look like catastrophic overfitting. */
async function madeRun(collapsed: readonly number[]): Promise<RunData> {
  const directory = await Deno.makeTempDir();
  try {
    const run = join(directory, "made");
    await makeRun(run, { recipe: { variant: "pgd-at", epochs: 4 }, stepsPerEpoch: 2 });
    const { epochs, ...rest } = await readRun(run);
    const mark = (epoch: number) =>
      collapsed.includes(epoch) ? { overfitting: "catastrophic" as const } : {};
    return { ...rest, epochs: epochs.map((each) => ({ ...each, ...mark(each.epoch) })) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const drawn = (run: RunData) => renderPage([run], ["nothing is drawn of it in this test"]);

Deno.test("a page warns of the epochs that look like catastrophic overfitting, and of no other", async () => {
  assert.doesNotMatch(drawn(await madeRun([])), /catastrophic/);
  assert.match(
    drawn(await madeRun([3])),
    /<p class="lack">made: epoch 3 looks like catastrophic overfitting: accuracy under PGD-20 has fallen .*has risen\.<\/p>/,
  );
  assert.match(
    drawn(await madeRun([2, 4])),
    /made: 2 epochs look like catastrophic overfitting, the first of them epoch 2: in each, accuracy/,
  );
});

Deno.test("a dashboard warns as soon as an epoch is told that looks like catastrophic overfitting", async () => {
  const { epochs, ...run } = await madeRun([4]);
  const page = (n: number) =>
    renderLiveContent(continued({ ...run, epochs: [] }, epochs.slice(0, n)), 1).body;
  assert.doesNotMatch(page(3), /catastrophic/);
  assert.match(page(4), /made: epoch 4 looks like catastrophic overfitting/);
});
