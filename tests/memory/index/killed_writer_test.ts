/** An index whose last commit is in SQLite's write-ahead log alone, as a killed writer leaves it. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { withIndexCopy } from "../../../src/memory/index/copy.ts";
import { rebuildIndex } from "../../../src/memory/index/rebuild.ts";
import { MemoryStore } from "../../../src/memory/store.ts";
import { verifyMemory } from "../../../src/memory/verify.ts";
import { snapshot } from "../../testing/folder.ts";
import { assertHolds, commitOf, order, settings } from "../store_support.ts";
import { copyFolder, inTemporary, writeExamples } from "../support.ts";

const IDS = [1, 2].map((epoch) => order(epoch).subarray(0, 30));

/** Runs `use` with the memory that a writer left which was killed after its second commit. */
function withKilled(use: (memory: string) => Promise<void>): Promise<void> {
  return inTemporary(async (directory) => {
    const live = join(directory, "live"), killed = join(directory, "killed");
    const first = await MemoryStore.open(live, settings);
    await first.begin(1);
    await writeExamples(first, 1, IDS[0]!);
    await first.commit(commitOf(1, true));
    await first.close();
    const second = await MemoryStore.open(live, settings);
    await second.begin(2);
    await writeExamples(second, 2, IDS[1]!);
    await second.commit(commitOf(2, true, [1]));
    copyFolder(live, killed);
    await second.close();
    await Deno.remove(join(killed, "index.kv-shm"));
    await use(killed);
  });
}

/** Damage but that of the checkpoint, which is none here. */
async function damageOf(memory: string) {
  const { damage } = await verifyMemory(memory, {
    index: true,
    checkpointPath: () => join(memory, "current.json"),
  });
  return damage.filter(({ file }) => !file.endsWith("current.json"));
}

Deno.test("withIndexCopy() shows what only the log holds, and changes neither", () =>
  withKilled(async (memory) => {
    const before = await snapshot(memory);
    assert.ok(before.has("index.kv-wal"));
    const current = await withIndexCopy(memory, (index) => index.current());
    assert.equal(current?.commit?.commit, 2);
    assert.deepEqual(await damageOf(memory), []);
    assert.deepEqual(await snapshot(memory), before);
    await Deno.remove(join(memory, "index.kv-wal"));
    const older = await withIndexCopy(memory, (index) => index.current());
    assert.equal(older?.commit?.commit, 1, "the commit was in the log");
  }));

Deno.test("rebuildIndex() leaves no log of the index that it replaces", () =>
  withKilled(async (memory) => {
    const path = join(memory, "index.kv");
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.fill(0x55, 0, 100));
    assert.equal((await damageOf(memory))[0]!.file, path);
    const removed: string[] = [];
    const { remove } = Deno;
    Deno.remove = (file, options) => (removed.push(String(file)), remove(file, options));
    try {
      await rebuildIndex(memory);
    } finally {
      Deno.remove = remove;
    }
    assert.ok(removed.includes(`${path}-wal`), removed.join());
    assert.deepEqual(await damageOf(memory), []);
    const store = await MemoryStore.open(memory, settings);
    for (const epoch of [1, 2]) await assertHolds(store, epoch, IDS[epoch - 1]!);
    await store.close();
  }));
