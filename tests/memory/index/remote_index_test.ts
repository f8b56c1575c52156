/** A memory whose index a KV Connect service keeps. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { LocationIndex } from "../../../src/memory/index/location_index.ts";
import { StorageError } from "../../../src/disk/failure.ts";
import { DISK } from "../../../src/disk/disk.ts";
import { rebuildIndex } from "../../../src/memory/index/rebuild.ts";
import { MemoryStore } from "../../../src/memory/store.ts";
import { verifyMemory } from "../../../src/memory/verify.ts";
import { snapshot } from "../../testing/folder.ts";
import { type KvService, startKvService } from "../../testing/kv_connect.ts";
import { assertHolds, commitOf, order, settings } from "../store_support.ts";
import { CHECKPOINT_SHA256, copyFolder, inTemporary, writeExamples } from "../support.ts";

// Deno's client keeps sockets of its own.
const options = { sanitizeOps: false, sanitizeResources: false };

async function withService(
  use: (service: KvService, directory: string) => Promise<void>,
): Promise<void> {
  await inTemporary(async (directory) => {
    Deno.env.set("DENO_KV_ACCESS_TOKEN", "anything");
    await using service = startKvService();
    await use(service, directory);
  });
}

async function writeEpoch(store: MemoryStore, epoch: number, ids: Uint32Array): Promise<void> {
  await store.begin(epoch);
  await writeExamples(store, epoch, ids);
  await store.commit(commitOf(epoch, true, [epoch - 1]));
}

function damageOf(directory: string, remote: string) {
  const checkpointPath = (name: string) => join(directory, name);
  return verifyMemory(directory, { index: true, remote, checkpointPath });
}

Deno.test(
  "MemoryStore keeps its index in a service, where writers and readers find it",
  options,
  () =>
    withService(async ({ url: remote, values }, directory) => {
      const ids = [1, 2].map((epoch) => order(epoch).subarray(0, 30));
      const store = await MemoryStore.open(directory, settings, { remote });
      await writeEpoch(store, 1, ids[0]!);
      await store.close();
      const again = await MemoryStore.open(directory, settings, { remote });
      await writeEpoch(again, 2, ids[1]!);
      const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
      assert.ok(!names.includes("index.kv") && names.includes("index.json"), names.join());

      const reader = await MemoryStore.openReadOnly(directory, remote);
      assert.deepEqual(reader.current(), again.current());
      for (const epoch of [1, 2]) await assertHolds(reader, epoch, ids[epoch - 1]!);
      await assert.rejects(reader.begin(3), /open for reading only/);
      await reader.close();
      await again.close();
      // Two pages for each generation that is kept, what is current, and whose it is.
      assert.equal(values.size, 2 * 2 + 2);
    }),
);

Deno.test(
  "MemoryStore never uses a service's index that is damaged, lost or another run's",
  options,
  () =>
    withService(async ({ url: remote, values }, directory) => {
      const store = await MemoryStore.open(directory, settings, { remote });
      const ids = order(1).subarray(0, 30);
      await writeEpoch(store, 1, ids);
      await store.close();
      const other = join(directory, "other");
      await assert.rejects(
        MemoryStore.open(other, settings, { remote }),
        /in use by something else/,
      );
      await Deno.writeTextFile(
        join(other, "current.json"),
        await Deno.readTextFile(join(directory, "current.json")),
      );
      await assert.rejects(rebuildIndex(other, DISK, remote), /in use by something else/);
      await Deno.remove(other, { recursive: true });

      const [key, page] = [...values].find(([, { value }]) => value.length === 8192)!;
      const flipped = { ...page, value: page.value.slice() };
      flipped.value[4000]! ^= 1;
      values.set(key, flipped);
      const reader = await MemoryStore.openReadOnly(directory, remote);
      await assert.rejects(
        reader.read(1, ids),
        new RegExp(`${remote} is damaged \\(the locations`),
      );
      await reader.close();
      const { damage } = await damageOf(directory, remote);
      assert.equal(damage[0]!.file, remote);
      await rebuildIndex(directory, DISK, remote);
      const rebuilt = await MemoryStore.open(directory, settings, { remote });
      await assertHolds(rebuilt, 1, ids);
      await rebuilt.close();

      values.clear();
      await assert.rejects(MemoryStore.open(directory, settings, { remote }), /has lost its index/);
      await rebuildIndex(directory, DISK, remote);
      const found = (await damageOf(directory, remote)).damage;
      assert.equal(found.length, 1, CHECKPOINT_SHA256); // the checkpoint, which is none here
      await (await MemoryStore.open(directory, settings, { remote })).close();
    }),
);

Deno.test(
  "LocationIndex.claim() takes an empty database for one run, and none that holds anything else",
  options,
  () =>
    withService(async ({ url, values }) => {
      const ids = [crypto.randomUUID(), crypto.randomUUID()] as const;
      const inUse = /in use by something else: give this run one of its own$/;
      // Another run's claim falls between the look and the claim.
      const late = await LocationIndex.open(url);
      const early = await LocationIndex.open(url, {
        ...DISK,
        async commit(transaction) {
          await late.claim(ids[1]);
          return await DISK.commit(transaction);
        },
      });
      await assert.rejects(early.claim(ids[0]), inUse);
      await late.claim(ids[1]); // again
      await assert.rejects(early.claim(ids[0]), inUse);
      values.clear();
      const kv = await Deno.openKv(url);
      await kv.set(["somebody"], "else's");
      kv.close();
      await assert.rejects(early.claim(ids[0]), inUse);
      assert.equal(values.size, 1);
      early.close();
      late.close();
    }),
);

Deno.test(
  "rebuildIndex() goes behind what a service's index knows only after that has been taken away",
  options,
  () =>
    withService(({ url: remote, values }, directory) =>
      inTemporary(async (copy) => {
        const ids = [1, 2].map((epoch) => order(epoch).subarray(0, 30));
        const store = await MemoryStore.open(directory, settings, { remote });
        await writeEpoch(store, 1, ids[0]!);
        copyFolder(directory, join(copy, "memory"));
        await store.begin(2);
        await writeExamples(store, 2, ids[1]!);
        await store.commit(commitOf(2, true));
        await store.close();
        const restored = join(copy, "memory");
        await assert.rejects(MemoryStore.open(restored, settings), /Could not read/);
        await assert.rejects(
          rebuildIndex(restored, DISK, remote),
          /generation-0002.*; to go back to commit 1 instead, take the index away first$/,
        );
        values.clear();
        await rebuildIndex(restored, DISK, remote);
        const again = await MemoryStore.open(restored, settings);
        assert.equal(again.current()!.epoch, 1);
        await assertHolds(again, 1, ids[0]!);
        await again.close();
      })
    ),
);

Deno.test(
  "rebuildIndex() moves an index to a service, and touches nothing if that cannot be reached",
  options,
  () =>
    withService(async (service, directory) => {
      const store = await MemoryStore.open(directory, settings);
      const ids = order(1).subarray(0, 30);
      await writeEpoch(store, 1, ids);
      await store.close();
      service.mode = "refuse";
      await assert.rejects(rebuildIndex(directory, DISK, service.url), /no such database/);
      // What cannot be reached is not known to be damaged.
      await assert.rejects(damageOf(directory, service.url), StorageError);
      await (await MemoryStore.open(directory, settings)).close();
      service.mode = "serve";
      await rebuildIndex(directory, DISK, service.url);
      const moved = await MemoryStore.open(directory, settings);
      await assertHolds(moved, 1, ids);
      await moved.close();
      assert.ok(![...Deno.readDirSync(directory)].some(({ name }) => name === "index.kv"));
    }),
);

Deno.test(
  "rebuildIndex() moves the last commit along, of which a killed writer has not told current.json",
  options,
  () =>
    withService(async ({ url }, directory) => {
      await using second = startKvService();
      const shown = join(directory, "current.json");
      /** Commits `epoch` as a writer does that is killed right after that. */
      const commitKilled = async (epoch: number) => {
        const store = await MemoryStore.open(directory, settings);
        await writeEpoch(store, epoch, order(epoch).subarray(0, 30));
        const before = await Deno.readFile(shown);
        await writeEpoch(store, epoch + 1, order(epoch + 1).subarray(0, 30));
        await store.close();
        await Deno.writeFile(shown, before);
      };
      const held = async (epoch: number) => {
        const store = await MemoryStore.open(directory, settings);
        assert.equal(store.current()!.epoch, epoch);
        await assertHolds(store, epoch, order(epoch).subarray(0, 30));
        await store.close();
      };
      await commitKilled(1);
      await rebuildIndex(directory, DISK, url);
      await held(2);
      await commitKilled(3);
      await rebuildIndex(directory, DISK, second.url);
      await held(4);
      // One that does not answer may know of more.
      const before = await snapshot(directory);
      second.mode = "refuse";
      await using third = startKvService();
      const message =
        /no such database.*; to do without what it knows, take index\.json in .* away/;
      await assert.rejects(rebuildIndex(directory, DISK, third.url), message);
      assert.deepEqual(await snapshot(directory), before);
      await Deno.remove(join(directory, "index.json"));
      // Killed right after its first change there.
      const commit = async (transaction: Deno.AtomicOperation) => {
        await DISK.commit(transaction);
        throw new Error("killed");
      };
      await assert.rejects(rebuildIndex(directory, { ...DISK, commit }, third.url), /killed/);
      await rebuildIndex(directory, DISK, third.url);
      await held(4);
    }),
);

Deno.test(
  "LocationIndex gives up a service that does not answer, and names it",
  options,
  () =>
    withService(async (service) => {
      const index = await LocationIndex.open(service.url, DISK, 200);
      assert.equal(await index.current(), undefined);
      service.mode = "silent";
      await assert.rejects(index.current(), {
        name: "RunError",
        message: `Could not use the memory index ${service.url}: it did not answer for 0.2 s`,
      });
      index.close();
      service.mode = "refuse";
      await assert.rejects(LocationIndex.open(service.url), {
        name: "RunError",
        message: new RegExp(`^Could not use the memory index ${service.url}: .*no such database`),
      });
    }),
);
