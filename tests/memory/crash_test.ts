import assert from "node:assert/strict";
import { join } from "@std/path";
import { measureMemory } from "../../src/memory/stats.ts";
import { type MemorySettings, MemoryStore } from "../../src/memory/store.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import {
  CHECKPOINT_SHA256,
  copyFolder,
  DATA_SHA256,
  EPSILON,
  generationFiles,
  inTemporary,
  writeExamples,
} from "./support.ts";
import { SHAPE } from "../testing/images.ts";

const settings: MemorySettings = {
  codec: "int8",
  epsilon: EPSILON,
  imageCount: 1100,
  dataSha256: DATA_SHA256,
  shape: SHAPE,
};
const EPOCHS = 2;
const BATCH = 150;
/** Records after which an epoch is committed: before the first full chunk, after it, and whole. */
const CUTS = [300, 1050, 1100];

/** Runs the rest of the epochs from wherever `store` stands, as a trainer does. */
async function train(store: MemoryStore): Promise<void> {
  const pointer = store.current();
  let epoch = pointer === undefined ? 1 : pointer.epoch + (pointer.complete ? 1 : 0);
  let written = pointer === undefined || pointer.complete ? 0 : pointer.step;
  for (; epoch <= EPOCHS; epoch++) {
    const order = new Stream(1, Purpose.shuffle, epoch).permutation(settings.imageCount);
    await store.begin(epoch);
    for (const cut of CUTS.filter((cut) => cut > written)) {
      await writeExamples(store, epoch, order.subarray(written, cut), BATCH);
      const complete = cut === settings.imageCount;
      const name = `epoch-${epoch}.step-${cut}`;
      const checkpoint = { checkpoint: name, checkpointSha256: CHECKPOINT_SHA256 };
      const keep = complete ? [] : [epoch - 1];
      await store.commit({ epoch, step: cut, complete, ...checkpoint, keep });
      written = cut;
    }
    written = 0;
  }
}

/** Runs `action` and calls `moment` just before every rename, removal and transaction in it. */
async function beforeEveryChange(moment: () => void, action: () => Promise<void>): Promise<void> {
  const { rename, remove } = Deno;
  const transactions = Deno.AtomicOperation.prototype;
  const commit = transactions.commit;
  Deno.rename = (...args) => (moment(), rename(...args));
  Deno.remove = (...args) => (moment(), remove(...args));
  transactions.commit = function () {
    moment();
    return commit.call(this);
  };
  try {
    await action();
  } finally {
    Deno.rename = rename;
    Deno.remove = remove;
    transactions.commit = commit;
  }
}

Deno.test("MemoryStore killed before any change on disk opens at a commit, whole, and ends with the same bytes", async () => {
  await inTemporary(async (directory) => {
    const live = join(directory, "live");
    const store = await MemoryStore.open(live, settings);
    const killed: { folder: string; committed: string }[] = [];
    await beforeEveryChange(() => {
      const folder = join(directory, `killed-${killed.length}`);
      copyFolder(live, folder);
      killed.push({ folder, committed: store.current()?.checkpoint ?? "none" });
    }, () => train(store));
    await store.close();
    const finished = generationFiles(live);
    const commits = ["none"];
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      commits.push(...CUTS.map((cut) => `epoch-${epoch}.step-${cut}`));
    }
    assert.deepEqual([...new Set(killed.map(({ committed }) => committed))], commits);

    const orphans = killed.map(({ folder }) => Object.keys(generationFiles(folder)).length);
    for (const [i, { folder, committed }] of killed.entries()) {
      const resumed = await MemoryStore.open(folder, settings);
      const pointer = resumed.current();
      const found = pointer?.checkpoint ?? "none";
      assert.equal(found, committed, `${i}`);
      const stats = (await measureMemory(resumed)).generations;
      const examples = Object.fromEntries(stats.map((each) => [each.epoch, each.examples]));
      const expected: Record<number, number> = {};
      if (pointer !== undefined) {
        expected[pointer.epoch] = pointer.step;
        if (!pointer.complete && pointer.epoch > 1) expected[pointer.epoch - 1] = 1100;
      }
      assert.deepEqual(examples, expected, `${i}: ${found}`);
      const files = stats.reduce((sum, each) => sum + 1 + Math.ceil(each.examples / 1024), 0);
      assert.equal(Object.keys(generationFiles(folder)).length, files, `${i}: ${found}`);
      await train(resumed);
      await resumed.close();
      assert.deepEqual(generationFiles(folder), finished, `${i}: ${found}`);
    }
    // The moments were worth it: many of them had left something behind.
    assert.ok(orphans.filter((count, i) => i > 0 && count !== orphans[i - 1]).length > 10);
  });
});
