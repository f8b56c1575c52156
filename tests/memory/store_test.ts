import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { RunError } from "../../src/errors.ts";
import { chunkBytes } from "../../src/memory/chunk/chunk.ts";
import { createCodec } from "../../src/memory/chunk/codec.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import { assertHolds, commitOf, order, settings } from "./store_support.ts";
import { EPSILON, generationFiles, inTemporary, makeExamples, writeExamples } from "./support.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

Deno.test("MemoryStore gives back what it was given, for any images, batches and commits", async () => {
  const plan = fc.record({
    codec: fc.constantFrom("int8" as const, "f32" as const),
    imageCount: fc.integer({ min: 1, max: 2100 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    batch: fc.integer({ min: 1, max: 300 }),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
    reopen: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      plan,
      ({ codec, imageCount, share, batch, cuts, reopen }) =>
        inTemporary(async (directory) => {
          const all = order(1, imageCount);
          const ids = all.subarray(0, Math.round(share * imageCount));
          const absent = all.subarray(ids.length);
          const options = { ...settings, codec, imageCount };
          let store = await MemoryStore.open(directory, options);
          await store.begin(1);
          let written = 0;
          for (const cut of cuts.map((cut) => Math.round(cut * ids.length)).sort((a, b) => a - b)) {
            await writeExamples(store, 1, ids.subarray(written, cut), batch);
            await store.commit(commitOf(1, false));
            written = cut;
            await assertHolds(store, 1, ids.subarray(0, cut), ids.subarray(cut));
            if (!reopen) continue;
            await store.close();
            store = await MemoryStore.open(directory, options);
            await store.begin(1);
          }
          await writeExamples(store, 1, ids.subarray(written), batch);
          await store.commit(commitOf(1, true));
          await store.close();
          store = await MemoryStore.openReadOnly(directory);
          assert.deepEqual(store.settings, options);
          await assertHolds(store, 1, ids, absent);
          await store.close();
        }),
    ),
    { numRuns: 12 },
  );
});

Deno.test("MemoryStore.commit() makes a generation current and removes those that are not kept", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    assert.equal(store.current(), undefined);
    const ids = order(1).subarray(0, 100);
    for (const epoch of [1, 2, 3]) {
      await store.begin(epoch);
      await writeExamples(store, epoch, ids);
      assert.equal(store.has(epoch), false);
      await assert.rejects(store.read(epoch, ids), RunError);
      await store.commit(commitOf(epoch, true, epoch === 2 ? [1] : [2]));
      assert.equal(store.has(epoch), true);
      await assertHolds(store, epoch, ids);
    }
    const { keep: _, ...pointer } = commitOf(3, true);
    assert.deepEqual(store.current(), { ...pointer, generations: [2, 3] });
    await assertHolds(store, 2, ids);
    await assert.rejects(store.read(1, ids), /There is no committed .*generation-0001/);
    await store.close();
    assert.deepEqual(Object.keys(generationFiles(directory)), [
      "generation-0002/chunk-0000.bin",
      "generation-0002/manifest.json",
      "generation-0003/chunk-0000.bin",
      "generation-0003/manifest.json",
    ]);
  });
});

Deno.test("MemoryStore leaves the same bytes whether or not an epoch was committed in between", async () => {
  await inTemporary(async (directory) => {
    const digests = [];
    for (const cuts of [[], [1], [1024, 1024, 1030], [700, 1300, 1500]]) {
      const folder = join(directory, cuts.join("-") || "none");
      let store = await MemoryStore.open(folder, settings);
      await store.begin(4);
      let written = 0;
      for (const cut of cuts) {
        await writeExamples(store, 4, order(4).subarray(written, cut));
        await store.commit(commitOf(4, false));
        // What comes after a commit is lost with the process, and done again in other batches.
        await writeExamples(store, 4, order(4).subarray(cut, cut + 50));
        await store.close();
        store = await MemoryStore.open(folder, settings);
        assert.equal(store.current()!.complete, false);
        await store.begin(4);
        written = cut;
      }
      await writeExamples(store, 4, order(4).subarray(written), 100);
      await store.commit(commitOf(4, true));
      await store.close();
      digests.push(generationFiles(folder));
    }
    assert.deepEqual(Object.keys(digests[0]!), [
      "generation-0004/chunk-0000.bin",
      "generation-0004/chunk-0001.bin",
      "generation-0004/manifest.json",
    ]);
    for (const digest of digests) assert.deepEqual(digest, digests[0]);
  });
});

Deno.test("MemoryStore.write() refuses values outside the ball and images that come twice", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    const ids = new Uint32Array([3, 4]);
    const { views, deltas } = makeExamples(1, ids);
    for (const bad of [NaN, Infinity, -EPSILON - 2e-6]) {
      await assert.rejects(store.write(ids, views, deltas.with(VALUES, bad)), /image 4/);
    }
    await store.write(ids, views, deltas);
    await assert.rejects(store.write(ids, views, deltas), /Image 3 came twice in epoch 1/);
    await assert.rejects(store.write(ids, views.slice(1), deltas), RangeError);
    await assert.rejects(store.write(new Uint32Array([1500, 0]), views, deltas), RangeError);
    await store.commit(commitOf(1, true));
    await assertHolds(store, 1, ids, new Uint32Array([0]));
    await store.close();
  });
});

Deno.test("MemoryStore.openReadOnly() reads beside a writer and removes nothing of its work", async () => {
  await inTemporary(async (directory) => {
    const writer = await MemoryStore.open(directory, settings);
    await writer.begin(1);
    await writeExamples(writer, 1, order(1));
    await writer.commit(commitOf(1, true));
    await writer.begin(2);
    await writeExamples(writer, 2, order(2).subarray(0, 1100));
    const reader = await MemoryStore.openReadOnly(directory);
    assert.deepEqual(reader.current()!.generations, [1]);
    await assertHolds(reader, 1, order(1).subarray(0, 50));
    await reader.close();
    await writeExamples(writer, 2, order(2).subarray(1100));
    await writer.commit(commitOf(2, true, [1]));
    await assertHolds(writer, 2, order(2));
    await writer.close();
  });
});

Deno.test("MemoryStore keeps no index pages but those of the last commit", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    for (const [epoch, complete] of [[1, true], [2, false], [2, true], [3, true]] as const) {
      if (epoch !== 2 || !complete) await store.begin(epoch);
      await store.commit(commitOf(epoch, complete, epoch === 2 ? [1] : [2]));
    }
    await store.close();
    const path = join(directory, "index.kv");
    const left = await Deno.openKv(path);
    await left.set(["location", 3, 9, 0], new Uint8Array(8192));
    left.close();
    await (await MemoryStore.open(directory, settings)).close();
    const kv = await Deno.openKv(path);
    const entries = await Array.fromAsync(kv.list({ prefix: ["location"] }));
    kv.close();
    const keys = entries.map(({ key }) => key.slice(1).join("/"));
    assert.deepEqual(keys, ["2/3/0", "2/3/1", "3/4/0", "3/4/1"]);
  });
});

Deno.test("MemoryStore holds as many chunks in RAM as its budget takes, and reads the others from the disk", () =>
  inTemporary(async (directory) => {
    const working = 64 * 2 ** 20, first = chunkBytes(createCodec("int8", EPSILON, SHAPE), 1024);
    for (const [more, held] of [[-1, 0], [first, 1], [2 * first, 2]] as const) {
      const budget = working + more;
      const memory = join(directory, `${budget}`);
      const store = await MemoryStore.open(memory, settings, { budget });
      const ids = order(1);
      await store.begin(1);
      await writeExamples(store, 1, ids);
      await store.commit(commitOf(1, true));
      // A batch brings one chunk into RAM. The chunks hold 1,024 and 476 examples.
      for (const batch of [ids.subarray(0, 50), ids.subarray(1024, 1074)]) {
        await assertHolds(store, 1, batch);
      }
      for (const number of [0, 1]) {
        await Deno.truncate(join(memory, "generation-0001", `chunk-000${number}.bin`), 200);
      }
      const inRam = [ids.subarray(50, 100), ids.subarray(1074, 1124)].slice(0, held);
      for (const batch of inRam) await assertHolds(store, 1, batch);
      if (held < 2) await assert.rejects(store.read(1, ids.subarray(1100, 1101)), /is cut short/);
      await store.close();
    }
  }));

Deno.test("MemoryStore.openReadOnly() reads on what commits have removed since it looked", () =>
  inTemporary(async (directory) => {
    const writer = await MemoryStore.open(directory, settings);
    const ids = order(1).subarray(0, 1100); // a full chunk and a part of one
    await writer.begin(1);
    await writeExamples(writer, 1, ids);
    await writer.commit(commitOf(1, false));
    const reader = await MemoryStore.openReadOnly(directory);
    assert.deepEqual(await reader.images(1), ids);
    await writeExamples(writer, 1, order(1).subarray(1100, 1200));
    await writer.commit(commitOf(1, true));
    await writer.begin(2);
    await writer.commit(commitOf(2, true));
    assert.deepEqual(Object.keys(generationFiles(directory)), ["generation-0002/manifest.json"]);
    await assertHolds(reader, 1, ids);
    await reader.close();
    await writer.close();
  }));
