/** Readers beside a writer that commits. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { MemoryStore } from "../../src/memory/store.ts";
import { verifyMemory } from "../../src/memory/verify.ts";
import { assertHolds, commitOf, order, settings } from "./store_support.ts";
import { inTemporary, writeExamples } from "./support.ts";

const IDS = (epoch: number) => order(epoch).subarray(0, 20);

/** Runs `use` while a writer commits the next epoch just before each of the first `times` readings of a manifest. */
async function withCommits(
  times: number,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  await inTemporary(async (directory) => {
    const writer = await MemoryStore.open(directory, settings);
    let epoch = 0;
    const commit = async () => {
      await writer.begin(++epoch);
      await writeExamples(writer, epoch, IDS(epoch));
      await writer.commit(commitOf(epoch, true));
    };
    await commit();
    const { readFile } = Deno;
    Deno.readFile = async (path, options) => {
      if (/manifest/.test(String(path)) && epoch <= times) await commit();
      return await readFile(path, options);
    };
    try {
      await use(directory);
      assert.equal(epoch, times + 1);
    } finally {
      Deno.readFile = readFile;
      await writer.close();
    }
  });
}

Deno.test("MemoryStore.openReadOnly() starts again where a commit has removed what it was opening", () =>
  withCommits(3, async (directory) => {
    const reader = await MemoryStore.openReadOnly(directory);
    assert.deepEqual(reader.current()!.generations, [4]);
    await assertHolds(reader, 4, IDS(4));
    await reader.close();
  }));

Deno.test("verifyMemory() starts again where a commit has removed what it was looking at", () =>
  withCommits(3, async (directory) => {
    const checkpointPath = () => join(directory, "current.json");
    const { commit, damage } = await verifyMemory(directory, { index: false, checkpointPath });
    assert.equal(commit, 4);
    assert.deepEqual(damage.length, 1, "the checkpoint, which is none here");
  }));

Deno.test("MemoryStore.openReadOnly() does not wait for what is lost", () =>
  inTemporary(async (directory) => {
    const writer = await MemoryStore.open(directory, settings);
    await writer.begin(1);
    await writer.commit(commitOf(1, true));
    await writer.close();
    const path = join(directory, "generation-0001", "manifest.json");
    await Deno.remove(path);
    let looks = 0;
    const { readFile } = Deno;
    Deno.readFile = (file, options) => {
      if (file === path) looks++;
      return readFile(file, options);
    };
    try {
      await assert.rejects(MemoryStore.openReadOnly(directory), /manifest\.json: there is no such/);
    } finally {
      Deno.readFile = readFile;
    }
    assert.equal(looks, 1);
  }));
