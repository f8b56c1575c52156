import assert from "node:assert/strict";
import { join } from "@std/path";
import type { EpochMetrics, StepMetrics } from "../../../src/run/metrics.ts";
import { EventLog } from "../../../src/run/tensorboard/event_log.ts";
import { inTemporary } from "../../memory/support.ts";
import { judgedTest } from "../../testing/judge.ts";
import { smallRecipe } from "../../testing/runs.ts";
import { readEvents } from "./read_events.ts";

const STEPS = 3;
const RECIPE = smallRecipe({
  ...{ variant: "v1", epochs: 2, select: "test", seed: 7 },
  ...{ backend: "wasm", deterministic: true },
});
const SHAPE = { height: 2, width: 2, channels: 3 }, VALUES = 12;

function step(epoch: number, step: number): StepMetrics {
  const loss = epoch + step / 8;
  return {
    ...{ kind: "step", epoch, step, loss, terms: { ce: loss / 2, kl: 0.25 } },
    ...{ lr: 0.5, momentum: 0.75, imagesPerSecond: 100 },
  };
}

const COUNTS = Array.from({ length: 20 }, (_, bin) => bin === 3 ? 5 : bin === 19 ? 15 : 0);

function epoch(number: number): EpochMetrics {
  return {
    ...{ kind: "epoch", epoch: number, loss: number / 4, terms: { ce: 0.125, memory: 0.5 } },
    ...{ cleanAccuracy: 0.75, robustAccuracy: 0.5, seconds: 2 },
    weights: { term: "memory", mean: 0.875, counts: COUNTS },
  };
}

/** One sitting from `at`, which logs `lines`. */
async function sitting(
  directory: string,
  at: { epoch: number; step: number; complete: boolean },
  last: StepMetrics | undefined,
  lines: readonly (StepMetrics | EpochMetrics)[],
): Promise<void> {
  const log = new EventLog({ directory, recipe: RECIPE, stepsPerEpoch: STEPS }, at, last);
  const clean = Float32Array.from({ length: 10 * VALUES }, (_, i) => (i % 256) / 255);
  for (const line of lines) {
    await log.append(line);
    if (line.kind !== "epoch") continue;
    await log.illustrate(line.epoch, { shape: SHAPE, clean, memory: new Float32Array(0) });
  }
  log.close();
}

judgedTest(
  "TensorBoard reads what EventLog wrote in three sittings, the steps after each checkpoint once",
  ["tensorboard"],
  (judge) =>
    inTemporary(async (directory) => {
      const whole = [step(1, 1), step(1, 2), step(1, 3), epoch(1), step(2, 1), step(2, 2)];
      await sitting(directory, { epoch: 0, step: 0, complete: true }, undefined, whole);
      // Killed with a checkpoint after the first epoch, and again with one at the last step of the second.
      const second = [step(2, 1), step(2, 2), step(2, 3), epoch(2)];
      await sitting(directory, { epoch: 1, step: 3, complete: true }, step(1, 3), second);
      const last = step(2, 3);
      await sitting(directory, { epoch: 2, step: 3, complete: false }, last, [epoch(2)]);
      assert.equal([...Deno.readDirSync(join(directory, "tensorboard"))].length, 3);

      const { scalars, histograms, images, types, metrics, hparams, status } = await readEvents(
        judge,
        directory,
      );
      const steps = [step(1, 1), step(1, 2), step(1, 3), step(2, 1), step(2, 2), step(2, 3)];
      const ofSteps = (value: (metrics: StepMetrics) => number) =>
        steps.map((metrics, i) => [i + 1, value(metrics)]);
      const ofEpochs = (value: (metrics: EpochMetrics) => number) =>
        [1, 2].map((number) => [STEPS * number, value(epoch(number))]);
      assert.deepEqual(scalars, {
        "step/loss": ofSteps(({ loss }) => loss),
        "step/ce": ofSteps(({ terms }) => terms.ce!),
        "step/kl": ofSteps(({ terms }) => terms.kl!),
        "step/lr": ofSteps(({ lr }) => lr),
        "step/momentum": ofSteps(({ momentum }) => momentum),
        "step/images_per_second": ofSteps(({ imagesPerSecond }) => imagesPerSecond),
        "epoch/loss": ofEpochs(({ loss }) => loss),
        "epoch/ce": ofEpochs(({ terms }) => terms.ce!),
        "epoch/memory": ofEpochs(({ terms }) => terms.memory!),
        "epoch/clean_accuracy": ofEpochs(() => 0.75),
        "epoch/robust_accuracy": ofEpochs(() => 0.5),
        "epoch/mean_weight": ofEpochs(() => 0.875),
        "epoch/seconds": ofEpochs(() => 2),
      });
      const limits = COUNTS.map((_, bin) => (bin + 1) / 20);
      assert.deepEqual(histograms, {
        "weights/memory": [3, 6].map((at) => [at, 0, 1, 20, 17.5, 0, limits, COUNTS]),
      });
      // Eight of the ten, side by side with a line between neighbours; PNG says the same of its size.
      assert.deepEqual(images, {
        "images/clean": [3, 6].map((at) => [at, 23, 2, [0, 0, 0, 23, 0, 0, 0, 2]]),
      });
      assert.deepEqual(metrics, ["epoch/loss", "epoch/clean_accuracy", "epoch/robust_accuracy"]);
      assert.deepEqual(
        [hparams.variant, hparams["optimiser.lr"], hparams.seed, hparams.deterministic],
        ["v1", RECIPE.optimiser.lr, 7, true],
      );
      assert.deepEqual([types.variant, types["optimiser.lr"], types.deterministic], [1, 3, 2]);
      assert.equal("dataDir" in hparams, false, "where the data lie decides about no result");
      assert.equal(status, 1, "the run is at its end");
    }),
);

Deno.test("EventLog makes no file before its first event, and each later than the last one", () =>
  inTemporary(async (directory) => {
    const at = { epoch: 0, step: 0, complete: true };
    await sitting(directory, at, undefined, []);
    assert.deepEqual([...Deno.readDirSync(directory)], []);
    const folder = join(directory, "tensorboard");
    await Deno.mkdir(folder);
    const future = "events.out.tfevents.9000000000.memloss";
    await Deno.writeTextFile(join(folder, future), "");
    await sitting(directory, at, undefined, [step(1, 1)]);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, [future, "events.out.tfevents.9000000001.memloss"]);
  }));

Deno.test("EventLog names the file when it cannot be written", () =>
  inTemporary(async (directory) => {
    await Deno.writeTextFile(join(directory, "tensorboard"), "in the way");
    const at = { epoch: 0, step: 0, complete: true };
    await assert.rejects(sitting(directory, at, undefined, [step(1, 1)]), {
      name: "RunError",
      message: /tensorboard/,
    });
  }));
