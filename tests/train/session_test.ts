import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { drawView } from "../../src/data/augmentation.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/format/safetensors.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import type { Recipe } from "../../src/recipe/recipe.ts";
import type { Progress } from "../../src/run/checkpoint/progress.ts";
import { RunFolder } from "../../src/run/folder/run_folder.ts";
import { readSubject } from "../../src/run/subject.ts";
import { Session } from "../../src/train/session.ts";
import { copyFolder, DATA_SHA256, inTemporary } from "../memory/support.ts";
import { snapshot } from "../testing/folder.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { ANY_BACKEND, moveWeights, recordOf, smallRecipe } from "../testing/runs.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

onOneThread();

const W1 = resnet18({ width: 1, classes: 10 });
const IMAGES = { imageCount: 4, dataSha256: DATA_SHA256, shape: SHAPE };
const V1 = smallRecipe({ variant: "v1" }), TRADES = smallRecipe({ variant: "trades" });
const RATES = { lr: 0.1, momentum: 0.9 };

/** Runs `use` with a run in `runDir`: a new one, or the one that is there. */
async function withSession(
  runDir: string,
  recipe: Recipe,
  use: (session: Session, folder: RunFolder) => Promise<void> | void,
): Promise<void> {
  const exists = await Deno.stat(runDir).then(() => true, () => false);
  const folder = exists
    ? await RunFolder.open(runDir)
    : await RunFolder.create(runDir, recordOf(recipe));
  try {
    const session = await Session.open(folder, recipe, W1, IMAGES, ANY_BACKEND);
    try {
      await use(session, folder);
    } finally {
      await session.close();
    }
  } finally {
    await folder.close();
  }
}

/** Pretends a step: every weight changes, and image `id` gets a memory example. */
async function step(session: Session, progress: Progress, id: number): Promise<void> {
  await moveWeights(session.learner, id + 1, RATES);
  session.learner.state.batchesTracked += 3;
  const delta = new Float32Array(VALUES).fill(0.01);
  const view = drawView(1, progress.epoch, id);
  await session.memory?.write(Uint32Array.of(id), [view], delta);
  session.progress = progress;
}

/** Two whole epochs of one step, and a third one that has begun. */
async function makeRun(runDir: string, recipe: Recipe): Promise<void> {
  await withSession(runDir, recipe, async (session) => {
    for (const epoch of [1, 2]) {
      await session.memory?.begin(epoch);
      const best = { epoch: 1, accuracy: 0.5 };
      await step(session, { epoch, step: 1, complete: true, best, sums: { examples: 1 } }, epoch);
      await session.commit();
    }
    await session.memory?.begin(3);
    await step(session, { ...session.progress, epoch: 3, complete: false }, 3);
    await session.commit();
  });
}

async function linksOf(runDir: string): Promise<string[]> {
  const link = (name: string) => Deno.readLink(join(runDir, "checkpoints", name));
  return await Promise.all([link("best"), link("last")]);
}

for (const recipe of [V1, TRADES]) {
  onWasm(
    `Session.open() goes on where commit() left it, ${recipe.variant}`,
    () =>
      inTemporary(async (directory) => {
        const runDir = join(directory, "run");
        await makeRun(runDir, recipe);
        const before = await snapshot(join(runDir, "checkpoints"));
        assert.deepEqual([...before.keys()], [
          "best",
          "committed.json",
          "epoch-001.safetensors",
          "epoch-003.step-1.safetensors",
          "last",
        ]);
        assert.deepEqual(await linksOf(runDir), [
          "epoch-001.safetensors",
          "epoch-003.step-1.safetensors",
        ]);
        await withSession(runDir, recipe, async (session) => {
          assert.deepEqual(session.progress, {
            epoch: 3,
            step: 1,
            complete: false,
            best: { epoch: 1, accuracy: 0.5 },
            sums: { examples: 1 },
          });
          assert.equal(session.learner.state.batchesTracked, 9);
          assert.deepEqual(
            session.memory?.current()?.generations,
            recipe === V1 ? [2, 3] : undefined,
          );
          await session.memory?.begin(3);
          await session.commit(); // of the position that is committed
        });
        assert.deepEqual(await snapshot(join(runDir, "checkpoints")), before);
      }),
  );

  onWasm(
    `Session.open() forgets what was not committed, ${recipe.variant}`,
    () =>
      inTemporary(async (directory) => {
        const runDir = join(directory, "run");
        await makeRun(runDir, recipe);
        const before = await snapshot(join(runDir, "checkpoints"));
        await withSession(runDir, recipe, async (session) => {
          await session.memory?.begin(3);
          await step(session, { ...session.progress, step: 2 }, 0);
          await session.log.append({
            kind: "step",
            epoch: 3,
            step: 2,
            loss: 1,
            terms: {},
            ...RATES,
            imagesPerSecond: 1,
          });
        });
        await withSession(runDir, recipe, async (session) => {
          assert.equal(session.progress.step, 1);
          const found = await session.memory?.read(3, Uint32Array.of(0, 3));
          assert.deepEqual(found && [...found.present], recipe === V1 ? [0, 1] : undefined);
        });
        assert.deepEqual(await snapshot(join(runDir, "checkpoints")), before);
        assert.equal(await Deno.readTextFile(join(runDir, "metrics.jsonl")), "");
      }),
  );
}

onWasm(
  "Session.open() believes the memory's commit, not the links or the files beside it",
  () =>
    inTemporary(async (directory) => {
      const runDir = join(directory, "run"), killed = join(directory, "killed");
      await makeRun(runDir, V1);
      // As if killed after the next checkpoint was written and before the memory's commit, and long after with a link
      // that never made it to the disk.
      copyFolder(runDir, killed);
      const path = (name: string) => join(killed, "checkpoints", name);
      await Deno.copyFile(
        path("epoch-003.step-1.safetensors"),
        path("epoch-003.step-2.safetensors"),
      );
      await Deno.remove(path("last"));
      await Deno.remove(path("best"));
      await Deno.symlink("epoch-003.step-2.safetensors", path("last"));
      await withSession(killed, V1, (session) => assert.equal(session.progress.step, 1));
      assert.deepEqual(
        await snapshot(join(killed, "checkpoints")),
        await snapshot(join(runDir, "checkpoints")),
      );
    }),
);

onWasm(
  "Session.open() finds the newest checkpoint of a run without a memory that lost its links",
  () =>
    inTemporary(async (directory) => {
      const runDir = join(directory, "run");
      await makeRun(runDir, TRADES);
      const before = await snapshot(join(runDir, "checkpoints"));
      for (const link of ["best", "last"]) await Deno.remove(join(runDir, "checkpoints", link));
      await withSession(runDir, TRADES, (session) => assert.equal(session.progress.epoch, 3));
      assert.deepEqual(await snapshot(join(runDir, "checkpoints")), before);
    }),
);

onWasm(
  "Session.open() refuses a checkpoint that is not the one that was committed",
  () =>
    inTemporary(async (directory) => {
      for (const recipe of [V1, TRADES]) {
        const runDir = join(directory, recipe.variant);
        await makeRun(runDir, recipe);
        const path = join(runDir, "checkpoints", "epoch-003.step-1.safetensors");
        const bytes = await Deno.readFile(path);
        await Deno.writeFile(path, bytes.with(-1, bytes.at(-1)! ^ 1));
        await assert.rejects(withSession(runDir, recipe, () => {}), {
          name: "UsageError",
          message:
            `${path} is damaged (it is not the checkpoint that was committed): restore it from a copy`,
        });
      }
    }),
);

onWasm(
  "Session.open() goes on with a run that was made before checkpoints had digests",
  () =>
    inTemporary(async (directory) => {
      for (const recipe of [V1, TRADES]) {
        const runDir = join(directory, recipe.variant);
        await makeRun(runDir, recipe);
        // The digests of epochs whose files are gone are gone with the record.
        const path = join(runDir, "checkpoints", "committed.json");
        const record = JSON.parse(await Deno.readTextFile(path));
        assert.deepEqual(record.epochs.map(({ epoch }: { epoch: number }) => epoch), [1, 2]);
        delete record.epochs;
        await Deno.writeTextFile(path, JSON.stringify(record, null, 2) + "\n");
        const before = await snapshot(join(runDir, "checkpoints"));
        await Deno.remove(path);
        await withSession(runDir, recipe, (session) => assert.equal(session.progress.epoch, 3));
        assert.deepEqual(await snapshot(join(runDir, "checkpoints")), before);
      }
    }),
);

onWasm(
  "Session.open() refuses to begin anew where the memory of a run is gone",
  () =>
    inTemporary(async (directory) => {
      const runDir = join(directory, "run");
      await makeRun(runDir, V1);
      const before = await snapshot(join(runDir, "checkpoints"));
      await Deno.remove(join(runDir, "memory"), { recursive: true });
      await assert.rejects(withSession(runDir, V1, () => {}), {
        name: "UsageError",
        message:
          `The run stands at ${join(runDir, "checkpoints", "epoch-003.step-1.safetensors")}, but ` +
          `${join(runDir, "memory")} is empty: restore it from a copy, or start a new run.`,
      });
      assert.deepEqual(await snapshot(join(runDir, "checkpoints")), before);
      await assert.rejects(Deno.stat(join(runDir, "memory")), Deno.errors.NotFound);
      const { path } = await readSubject(runDir, "last");
      assert.equal(path, join(runDir, "checkpoints", "epoch-003.step-1.safetensors"));
    }),
);

onWasm(
  "Session.open() begins a run that was killed before its first commit",
  () =>
    inTemporary(async (directory) => {
      const runDir = join(directory, "run"), whole = join(directory, "whole");
      await makeRun(whole, V1);
      await withSession(runDir, V1, () => {});
      const stray = join("checkpoints", "epoch-001.safetensors");
      await Deno.copyFile(join(whole, stray), join(runDir, stray));
      await withSession(runDir, V1, (session) => {
        assert.deepEqual(session.progress, { epoch: 0, step: 0, complete: true, sums: {} });
        assert.equal(session.learner.state.batchesTracked, 0);
      });
    }),
);

onWasm(
  "Session.open() begins with momenta of zeros where a checkpoint has none",
  () =>
    inTemporary(async (directory) => {
      const runDir = join(directory, "run"), without = join(directory, "without");
      const name = "epoch-001.step-0.safetensors", stop = { epoch: 1, step: 0, complete: false };
      await withSession(runDir, TRADES, async (session) => {
        session.progress = { ...session.progress, ...stop };
        await session.commit();
      });
      await copyFolder(runDir, without);
      const path = join(without, "checkpoints", name);
      const { tensors, metadata } = decodeSafetensors(await Deno.readFile(path), path);
      const kept = new Map([...tensors].filter(([name]) => !name.startsWith("optimizer.")));
      assert.ok(kept.size < tensors.size);
      await Deno.writeFile(path, encodeSafetensors(kept, metadata));
      await Deno.remove(join(without, "checkpoints", "committed.json")); // as before there was one
      for (const directory of [runDir, without]) {
        await withSession(directory, TRADES, async (session) => {
          await step(session, { ...session.progress, step: 1 }, 1);
          await session.commit();
        });
      }
      const checkpoints = (directory: string) => snapshot(join(directory, "checkpoints"));
      assert.ok((await checkpoints(runDir)).has("epoch-001.step-1.safetensors"));
      assert.deepEqual(await checkpoints(without), await checkpoints(runDir));
    }),
);

onWasm(
  "Session.commit() that fails leaves the checkpoint before it current",
  () =>
    inTemporary(async (directory) => {
      const runDir = join(directory, "run");
      await makeRun(runDir, V1);
      const before = await snapshot(join(runDir, "checkpoints"));
      await withSession(runDir, V1, async (session) => {
        await session.memory!.begin(3);
        const { deviceState, state: { parameters } } = session.learner;
        const spoil = deviceState.compile(() => {
          parameters.set("linear.bias", tf.mul(parameters.get("linear.bias")!, NaN));
          return {};
        });
        await spoil({});
        session.progress = { ...session.progress, step: 2 };
        await assert.rejects(session.commit(), { name: "RunError", message: /not finite/ });
      });
      assert.deepEqual(await snapshot(join(runDir, "checkpoints")), before);
      await withSession(runDir, V1, (session) => assert.equal(session.progress.step, 1));
    }),
);
