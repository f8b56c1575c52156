import assert from "node:assert/strict";
import { join } from "@std/path";
import { LocationIndex } from "../../../src/memory/index/location_index.ts";
import { LARGEST_AGE } from "../../../src/memory/options.ts";
import { MemoryStore } from "../../../src/memory/store.ts";
import { commitOf, order, settings } from "../store_support.ts";
import { CHECKPOINT_SHA256, inTemporary, writeExamples } from "../support.ts";

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

Deno.test("LocationIndex.publish() takes the generations of the largest age, within an epoch, whatever their numbers", () =>
  inTemporary(async (directory) => {
    const epoch = 2 ** 32 - 1, commit = Number.MAX_SAFE_INTEGER, sha256 = CHECKPOINT_SHA256;
    const generations = Array.from({ length: LARGEST_AGE + 1 }, (_, i) => ({
      ...{ epoch: epoch - LARGEST_AGE + i, commit, sha256 },
      manifest: i === LARGEST_AGE ? `manifest.partial-${2 ** 24}.json` : "manifest.json",
    }));
    const checkpoint = `epoch-${epoch}.step-${commit}.safetensors`;
    const pointed = { epoch, step: commit, checkpoint, checkpointSha256: sha256 };
    const shape = { height: 224, width: 224, channels: 3 };
    const current = {
      settings: { ...settings, imageCount: 2 ** 24, shape },
      commit: { commit, ...pointed, generations },
    };
    const index = await LocationIndex.open(join(directory, "index.kv"));
    await index.publish(current);
    assert.deepEqual(await index.current(), current);
    index.close();
  }));
