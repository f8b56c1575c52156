import assert from "node:assert/strict";
import { join } from "@std/path";
import { type MemoryRun, withMemory } from "../../src/upkeep/memory_run.ts";
import { RunError } from "../../src/errors.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import { commitOf, order, settings } from "../memory/store_support.ts";
import { inTemporary, writeExamples } from "../memory/support.ts";
import { smallRecipe } from "../testing/runs.ts";

/** Runs `use` with a run and its memory, in which epoch 1 has been committed. */
function withRun(use: (run: MemoryRun, writer: MemoryStore) => Promise<void>): Promise<void> {
  return inTemporary(async (runDir) => {
    const writer = await MemoryStore.open(join(runDir, "memory"), settings);
    await commitEpoch(writer, 1);
    const recipe = smallRecipe({ variant: "v1" });
    await use({ runDir, recipe: { ...recipe, memory: recipe.memory! } }, writer);
    await writer.close();
  });
}

async function commitEpoch(writer: MemoryStore, epoch: number): Promise<void> {
  await writer.begin(epoch);
  await writeExamples(writer, epoch, order(epoch).subarray(0, 20));
  await writer.commit(commitOf(epoch, true));
}

Deno.test("withMemory() starts again when a trainer has replaced what was being read", () =>
  withRun(async (run, writer) => {
    const seen: number[] = [];
    const ids = await withMemory(run, {}, async (store) => {
      const epoch = store.current()!.epoch;
      seen.push(epoch);
      if (epoch === 1) await commitEpoch(writer, 2); // removes the files of epoch 1
      return await store.images(epoch);
    });
    assert.deepEqual(seen, [1, 2]);
    assert.deepEqual(ids, order(2).subarray(0, 20));
  }));

Deno.test("withMemory() throws at once when nothing was replaced, and gives up in the end", () =>
  withRun(async (run, writer) => {
    let calls = 0;
    const damaged = () => {
      calls++;
      return Promise.reject(new RunError("damaged"));
    };
    await assert.rejects(withMemory(run, {}, damaged), /damaged/);
    assert.equal(calls, 1);
    let epoch = 1;
    const restless = async () => {
      await commitEpoch(writer, ++epoch);
      return await damaged();
    };
    await assert.rejects(withMemory(run, {}, restless), /damaged/);
    assert.equal(calls, 1 + 20);
  }));
