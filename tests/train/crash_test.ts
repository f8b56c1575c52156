import assert from "node:assert/strict";
import { join } from "@std/path";
import { drawView } from "../../src/data/augmentation.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
import { RunFolder } from "../../src/run/folder/run_folder.ts";
import { Session } from "../../src/train/session.ts";
import { DATA_SHA256, inTemporary } from "../memory/support.ts";
import { resultOf } from "../repro/support.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { copyFolder } from "../testing/folder.ts";
import { ANY_BACKEND, moveWeights, recordOf, smallRecipe } from "../testing/runs.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

onOneThread();

const W1 = resnet18({ width: 1, classes: 10 });
const EPOCHS = 2, STEPS = 3;
const IMAGES = { imageCount: STEPS + 1, dataSha256: DATA_SHA256, shape: SHAPE };
const RATES = { lr: 0.1, momentum: 0.9 };

/** One step's changes without its computation: weights, statistics, an example, a line in the log. */
async function step(session: Session, epoch: number, position: number): Promise<void> {
  const { learner, memory, log, progress } = session;
  await moveWeights(learner, epoch + position, RATES);
  learner.state.batchesTracked += 3;
  const delta = new Float32Array(VALUES).fill(0.001 * (epoch + position));
  await memory?.write(Uint32Array.of(position), [drawView(1, epoch, position)], delta);
  const loss = 1 / position, terms = { ce: loss };
  const line = { kind: "step", epoch, step: position, loss, terms, ...RATES } as const;
  await log.append({ ...line, imagesPerSecond: 1 });
  const sums = { ...progress.sums, loss: (progress.sums.loss ?? 0) + loss };
  session.progress = { ...progress, step: position, sums };
}

/** Does the rest of the run in `folder` as the trainer does, with a checkpoint after every step from epoch 2 on. */
async function run(folder: RunFolder, recipe: Recipe): Promise<void> {
  const session = await Session.open(folder, recipe, W1, IMAGES, ANY_BACKEND);
  while (!(session.progress.complete && session.progress.epoch === EPOCHS)) {
    if (session.progress.complete) {
      const epoch = session.progress.epoch + 1;
      session.progress = { ...session.progress, epoch, step: 0, complete: false, sums: {} };
    }
    const { epoch } = session.progress;
    await session.memory?.begin(epoch);
    while (session.progress.step < STEPS) {
      await step(session, epoch, session.progress.step + 1);
      if (epoch > 1 && session.progress.step < STEPS) await session.commit();
    }
    session.progress = { ...session.progress, complete: true, best: { epoch: 1, accuracy: 0.5 } };
    const { sums } = session.progress;
    const means = { loss: sums.loss! / STEPS, terms: { ce: sums.loss! / STEPS } };
    const line = { kind: "epoch", epoch, ...means, imagesPerSecond: 1, seconds: 1 } as const;
    await session.log.append(line);
    await session.commit();
  }
  await session.close();
  await folder.close();
}

/** Runs `action` and calls `moment` just before every change of names on the disk and every transaction in it. */
async function beforeEveryChange(
  moment: () => Promise<void>,
  action: () => Promise<void>,
): Promise<void> {
  const { rename, remove, symlink } = Deno;
  const transactions = Deno.AtomicOperation.prototype;
  const { commit } = transactions;
  let inMoment = false; // which may change the disk itself
  const before = async () => {
    if (inMoment) return;
    inMoment = true;
    await moment();
    inMoment = false;
  };
  Deno.rename = async (...args) => (await before(), await rename(...args));
  Deno.remove = async (...args) => (await before(), await remove(...args));
  Deno.symlink = async (...args) => (await before(), await symlink(...args));
  transactions.commit = async function () {
    await before();
    return await commit.call(this);
  };
  try {
    await action();
  } finally {
    Object.assign(Deno, { rename, remove, symlink });
    transactions.commit = commit;
  }
}

for (const variant of ["v1", "trades"] as const) {
  onWasm(
    `a run killed before any change on the disk ends with the same bytes, ${variant}`,
    () =>
      inTemporary(async (directory) => {
        const live = join(directory, "live"), recipe = smallRecipe({ variant });
        const folder = await RunFolder.create(live, recordOf(recipe));
        const killed: string[] = [];
        await beforeEveryChange(async () => {
          const copy = join(directory, `killed-${killed.length}`);
          await copyFolder(live, copy);
          killed.push(copy);
        }, () => run(folder, recipe));
        const expected = await resultOf(live);
        assert.equal(Object.keys(expected.files).length, variant === "v1" ? 7 : 5);
        assert.ok(killed.length > 20, `${killed.length} moments`);
        for (const copy of killed) {
          await run(await RunFolder.open(copy), recipe);
          assert.deepEqual(await resultOf(copy), expected, copy);
        }
      }),
  );
}
