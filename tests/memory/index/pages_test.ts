import assert from "node:assert/strict";
import { join } from "@std/path";
import { MemoryStore } from "../../../src/memory/store.ts";
import { commitOf, order, settings } from "../store_support.ts";
import { inTemporary, writeExamples } from "../support.ts";

const IDS = [0, 1, 2].map((epoch) => order(epoch).subarray(0, 20));

/** `EPOCH/COMMIT` of every page in the index of the memory in `directory`, which nobody has open. */
async function pages(directory: string): Promise<string[]> {
  using kv = await Deno.openKv(join(directory, "index.kv"));
  const entries = await Array.fromAsync(kv.list({ prefix: ["location"] }));
  return entries.map(({ key }) => `${Number(key[1])}/${Number(key[2])}`);
}

async function write(store: MemoryStore, epoch: number, ids: Uint32Array): Promise<void> {
  await store.begin(epoch);
  await writeExamples(store, epoch, ids);
}

Deno.test("MemoryStore.commit() removes the pages of what it makes old: of generations, and of its own before", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await write(store, 1, IDS[1]!);
    await store.commit(commitOf(1, true));
    await write(store, 2, IDS[2]!.subarray(0, 10));
    await store.commit(commitOf(2, false, [1]));
    await writeExamples(store, 2, IDS[2]!.subarray(10));
    await store.commit(commitOf(2, false, [1]));
    await store.close();
    // Two pages for 1,500 images.
    assert.deepEqual(await pages(directory), ["1/1", "1/1", "2/3", "2/3"]);
    const again = await MemoryStore.open(directory, settings);
    await again.begin(2);
    await again.commit(commitOf(2, true));
    await again.close();
    assert.deepEqual(await pages(directory), ["2/4", "2/4"]);
  }));
