import assert from "node:assert/strict";
import { join } from "@std/path";
import { IDENTITY_VIEW } from "../../src/data/augmentation.ts";
import { measureMemory, type MemoryNorm } from "../../src/memory/stats.ts";
import { encodeCurrent, readCurrentFile } from "../../src/memory/current.ts";
import { encodeManifest } from "../../src/memory/generation/manifest.ts";
import { sha256 } from "../../src/format/sha256.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import { commitOf, settings } from "./store_support.ts";
import { EPSILON, inTemporary, writeExamples } from "./support.ts";
import { VALUES } from "../testing/images.ts";

Deno.test("measureMemory() counts, measures and weighs each generation", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, { ...settings, imageCount: 40 });
    await store.begin(1);
    const ids = new Uint32Array([30, 20, 10]);
    const deltas = new Float32Array(3 * VALUES);
    // A third at the boundary, a third half way (rounded up to 64 of 127 steps), a third zero.
    deltas.fill(-EPSILON, 0, VALUES).fill(EPSILON / 2, VALUES, 2 * VALUES);
    await store.write(ids, [IDENTITY_VIEW, IDENTITY_VIEW, IDENTITY_VIEW], deltas);
    await store.commit(commitOf(1, true));
    const shareIn = async (norm?: MemoryNorm) =>
      (await measureMemory(store, norm)).generations[0]!.boundaryShare;
    // Two of three are longer than ε, with values that are within it.
    assert.deepEqual([await shareIn("l2"), await shareIn()], [2 / 3, undefined]);
    const [stats, ...more] = (await measureMemory(store, "linf")).generations;
    await store.close();
    const folder = join(directory, "generation-0001");
    const sizes = [...Deno.readDirSync(folder)].map(({ name }) =>
      Deno.statSync(join(folder, name)).size
    );
    assert.deepEqual(more, []);
    const { meanAbsoluteDelta, boundaryShare, ...rest } = stats!;
    assert.deepEqual(rest, {
      epoch: 1,
      complete: true,
      examples: 3,
      coverage: 3 / 40,
      bytes: sizes.reduce((sum, size) => sum + size),
    });
    assert.ok(Math.abs(meanAbsoluteDelta - (8 + 8 * 64 / 127) / 3) < 1e-5);
    assert.equal(boundaryShare, 1 / 3);
  });
});

Deno.test("measureMemory() counts images by the age of their newest example", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, { ...settings, imageCount: 10 });
    assert.deepEqual(await measureMemory(store, "linf"), { generations: [], ages: [] });
    await store.begin(1);
    await writeExamples(store, 1, Uint32Array.of(0, 1, 2, 3, 4, 5, 6));
    await store.commit(commitOf(1, true));
    await store.begin(2);
    await writeExamples(store, 2, Uint32Array.of(9, 0, 1));
    await store.commit(commitOf(2, false, [1]));
    const released: number[] = [], release = store.release.bind(store);
    store.release = (epoch) => {
      released.push(epoch);
      return release(epoch);
    };
    const { ages, generations } = await measureMemory(store, "linf");
    await store.close();
    assert.deepEqual(released, [2, 1]); // each before the next is opened
    assert.deepEqual(ages, [{ age: 0, images: 3 }, { age: 1, images: 5 }]);
    assert.deepEqual(generations.map(({ examples }) => examples), [7, 3]);
  }));

Deno.test("measureMemory() makes no table for generations without examples, however many images they could be of", () =>
  inTemporary(async (directory) => {
    const large = { ...settings, imageCount: 2 ** 24 };
    const store = await MemoryStore.open(directory, { ...settings, imageCount: 10 });
    await store.begin(1);
    await store.commit(commitOf(1, true));
    await store.close();
    const folder = join(directory, "generation-0001"), path = join(folder, "manifest.json");
    const manifest = JSON.parse(await Deno.readTextFile(path));
    const bytes = encodeManifest({ ...manifest, images: large.imageCount });
    await Deno.writeFile(path, bytes);
    const { commit } = (await readCurrentFile(directory))!;
    const generations = [{ ...commit!.generations[0]!, sha256: sha256(bytes) }];
    const crafted = { settings: large, commit: { ...commit!, generations } };
    await Deno.writeFile(join(directory, "current.json"), encodeCurrent(crafted));
    const reading = await MemoryStore.openReadOnly(directory), before = Deno.memoryUsage().rss;
    const { generations: [stats] } = await measureMemory(reading, "linf");
    await reading.close();
    assert.equal(stats!.examples, 0);
    assert.ok(Deno.memoryUsage().rss - before < 2 ** 26, "a table is 128 MiB");
  }));

Deno.test("MemoryStore.images() lists examples in the order they were written", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    const ids = Uint32Array.from({ length: 1100 }, (_, i) => 1499 - i);
    await store.begin(1);
    await writeExamples(store, 1, ids);
    await store.commit(commitOf(1, true));
    assert.deepEqual(await store.images(1), ids);
    await store.close();
  }));
