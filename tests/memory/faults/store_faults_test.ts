import assert from "node:assert/strict";
import { join } from "@std/path";
import { DISK, type Disk } from "../../../src/disk/disk.ts";
import { RunError, UsageError } from "../../../src/errors.ts";
import { CHUNK_HEADER_BYTES } from "../../../src/memory/chunk/chunk.ts";
import { type MemorySettings, MemoryStore } from "../../../src/memory/store.ts";
import { assertHolds, commitOf, order, settings } from "../store_support.ts";
import { snapshot } from "../../testing/folder.ts";
import { inTemporary, writeExamples } from "../support.ts";

Deno.test("MemoryStore.read() throws rather than give back a record with a flipped bit", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    const ids = order(1).subarray(0, 4);
    await writeExamples(store, 1, ids);
    await store.commit(commitOf(1, true));
    await store.close();
    const path = join(directory, "generation-0001", "chunk-0000.bin");
    const bytes = await Deno.readFile(path);
    bytes[CHUNK_HEADER_BYTES + 2 * 3084 + 1000]! ^= 0x40;
    await Deno.writeFile(path, bytes);

    const damaged = await MemoryStore.open(directory, settings);
    await assertHolds(damaged, 1, Uint32Array.from([ids[0]!, ids[1]!, ids[3]!]));
    await assert.rejects(damaged.read(1, ids), {
      name: "RunError",
      message: `Record 2 of ${path} (image ${ids[2]}) does not match its checksum: ` +
        "restore the run folder from a copy or train again",
    });
    await damaged.close();
  });
});

Deno.test("MemoryStore.open() refuses a folder whose committed files are not as they were, and removes nothing", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    await writeExamples(store, 1, order(1).subarray(0, 20));
    await store.commit(commitOf(1, false));
    await store.close();
    const folder = join(directory, "generation-0001");
    await Deno.writeTextFile(join(folder, "chunk-0001.bin.tmp-12ab"), "");
    for (const name of ["manifest.partial-20.json", "chunk-0000.partial-0020.bin"]) {
      const path = join(folder, name);
      const bytes = await Deno.readFile(path);
      const named = (error: unknown) =>
        error instanceof RunError && error.message.includes(path) || assert.fail(String(error));
      await Deno.writeFile(path, bytes.subarray(0, -1));
      await assert.rejects(MemoryStore.open(directory, settings), named);
      await Deno.remove(path);
      await assert.rejects(MemoryStore.open(directory, settings), named);
      await Deno.writeFile(path, bytes);
    }
    const path = join(folder, "chunk-0000.partial-0020.bin");
    const bytes = await Deno.readFile(path);
    bytes[1234]! ^= 1;
    await Deno.writeFile(path, bytes);
    assert.equal([...Deno.readDirSync(folder)].length, 3);
    const opened = await MemoryStore.open(directory, settings);
    assert.equal([...Deno.readDirSync(folder)].length, 2);
    await assert.rejects(opened.begin(1), /does not match its manifest/);
    await opened.close();
  });
});

Deno.test("MemoryStore.read() refuses locations that are not those of the manifest", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    await writeExamples(store, 1, order(1).subarray(0, 20));
    await store.commit(commitOf(1, true));
    await store.close();
    const kv = await Deno.openKv(join(directory, "index.kv"));
    await kv.set(["location", 1, 1, 0], new Uint8Array(8192));
    kv.close();
    const damaged = await MemoryStore.open(directory, settings);
    await assert.rejects(damaged.read(1, order(1).subarray(0, 1)), /index\.kv is damaged/);
    await damaged.close();
    // Readers do not look at it.
    const reader = await MemoryStore.openReadOnly(directory);
    await assertHolds(reader, 1, order(1).subarray(0, 20));
    await reader.close();
  });
});

Deno.test("MemoryStore.open() refuses other settings, an index that is none, and generations without one", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    await store.close();
    const changes: Partial<MemorySettings>[] = [
      { codec: "f32" },
      { epsilon: 0.1 },
      { imageCount: 9 },
    ];
    for (const change of changes) {
      const [name] = Object.keys(change);
      await assert.rejects(
        MemoryStore.open(directory, { ...settings, ...change }),
        (error: unknown) => error instanceof UsageError && error.message.includes(`with ${name}`),
      );
    }
    await assert.rejects(MemoryStore.open(directory, { ...settings, epsilon: 0 }), UsageError);
    await assert.rejects(
      MemoryStore.open(directory, { ...settings, dataSha256: "0".repeat(64) }),
      {
        name: "UsageError",
        message: `The memory in ${directory} belongs to other training images: ` +
          "check --data-dir or use another folder",
      },
    );

    const index = join(directory, "index.kv");
    await Deno.remove(index);
    await assert.rejects(MemoryStore.open(directory, settings), /generation-0001 without an index/);
    await assert.rejects(MemoryStore.openReadOnly(join(directory, "absent")), UsageError);
    await Deno.writeTextFile(index, "something else entirely".repeat(100));
    await assert.rejects(
      MemoryStore.open(directory, settings),
      (error: unknown) => error instanceof RunError && error.message.includes(index),
    );
    assert.ok((await Deno.stat(join(directory, "generation-0001"))).isDirectory);
  });
});

Deno.test("MemoryStore.commit() fails when another writer committed meanwhile, and changes nothing current", async () => {
  await inTemporary(async (directory) => {
    const [first, second] = [
      await MemoryStore.open(directory, settings),
      await MemoryStore.open(directory, settings),
    ];
    const ids = new Uint32Array([1]);
    for (const store of [first, second]) {
      await store.begin(1);
      await writeExamples(store, 1, ids);
    }
    await first.commit(commitOf(1, true));
    await assert.rejects(second.commit(commitOf(1, true)), /was changed by another process/);
    assert.equal(second.current(), undefined);
    await assertHolds(first, 1, ids);
    await first.close();
    await second.close();
  });
});

Deno.test("MemoryStore reports a failed write of a full chunk by the next calls and commits nothing", async () => {
  await inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    await Deno.remove(join(directory, "generation-0001"));
    await writeExamples(store, 1, order(1).subarray(0, 1024));
    // Long enough for the write in the background to fail while nobody waits for it.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const failed = /Could not write .*chunk-0000\.bin/;
    await assert.rejects(store.commit(commitOf(1, true)), failed);
    await assert.rejects(store.commit(commitOf(1, false)), failed);
    await store.close();
    const reopened = await MemoryStore.open(directory, settings);
    assert.equal(reopened.current(), undefined);
    await reopened.close();
  });
});

Deno.test("MemoryStore.open() leaves lost and short chunks of an ended epoch to its readers, if it is told to", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    const ids = order(1).subarray(0, 1100);
    await writeExamples(store, 1, ids);
    await store.commit(commitOf(1, true));
    await store.close();
    const chunk = (number: number) => join(directory, "generation-0001", `chunk-000${number}.bin`);
    await Deno.truncate(chunk(0), 128 + 3084);
    await Deno.remove(chunk(1));
    await assert.rejects(MemoryStore.open(directory, settings), /bytes instead of|Could not read/);
    const open = await MemoryStore.open(directory, settings, { tolerateDamage: true });
    const damaged: number[] = [];
    const { present } = await open.read(1, ids, ({ image }) => damaged.push(image));
    assert.deepEqual([...present], [1, ...new Array(1099).fill(0)]);
    assert.deepEqual(damaged, [...ids.subarray(1)]);
    await open.close();
  }));

Deno.test("MemoryStore.begin() starts no epoch while another one is not complete", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    await assert.rejects(store.begin(2), /generation 2 cannot begin: one is open/);
    await store.commit(commitOf(1, false));
    await store.close();
    const again = await MemoryStore.open(directory, settings);
    await assert.rejects(again.begin(2), /generation 2 cannot begin before 1 is complete/);
    await again.begin(1);
    await again.commit(commitOf(1, true));
    await assert.rejects(again.begin(1), /generation 1 cannot begin: done/);
    await again.close();
  }));

Deno.test("MemoryStore.close() waits for a chunk that is on its way to the disk", () =>
  inTemporary(async (directory) => {
    let busy = 0;
    const slow: Disk = {
      ...DISK,
      async rename(from, to) {
        busy++;
        await new Promise((resolve) => setTimeout(resolve, 50));
        await DISK.rename(from, to);
        busy--;
      },
    };
    const store = await MemoryStore.open(directory, settings, { disk: slow });
    await store.begin(1);
    await writeExamples(store, 1, order(1).subarray(0, 1024));
    await store.close();
    assert.equal(busy, 0);
    const chunk = await Deno.stat(join(directory, "generation-0001", "chunk-0000.bin"));
    assert.equal(chunk.size, 128 + 1024 * 3084);
  }));

Deno.test("MemoryStore removes old generations, and nothing of theirs that it does not write", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    const commit = async (epoch: number) => {
      await store.begin(epoch);
      await writeExamples(store, epoch, order(epoch).subarray(0, 20));
      await store.commit(commitOf(epoch, true));
    };
    await commit(1);
    const theirs = ["notes.txt", "chunk-0000.bin.bak", "my-manifest.json", "chunk-0009.bin/x"];
    await Deno.mkdir(join(directory, "generation-0001", "chunk-0009.bin"));
    await Deno.mkdir(join(directory, "generation-0NaN"));
    for (const name of theirs) {
      await Deno.writeTextFile(join(directory, "generation-0001", name), "mine");
    }
    await Deno.writeTextFile(join(directory, "generation-0001", "chunk-0001.bin.tmp-12ab"), "");
    await commit(2);
    await commit(3);
    await store.close();
    const names = [...(await snapshot(directory)).keys()].filter((name) => /ion-0/.test(name));
    assert.deepEqual(
      names.sort(),
      [
        ...["generation-0001", "generation-0001/chunk-0009.bin", "generation-0NaN"],
        ...theirs.map((name) => `generation-0001/${name}`),
        ...["generation-0003", "generation-0003/chunk-0000.bin", "generation-0003/manifest.json"],
      ].sort(),
    );
    await (await MemoryStore.open(directory, settings)).close();
  }));

Deno.test("MemoryStore writes to no folder and no index that a link leads to", () =>
  inTemporary(async (directory) => {
    const elsewhere = join(directory, "elsewhere"), memory = join(directory, "memory");
    await Deno.mkdir(elsewhere);
    const store = await MemoryStore.open(memory, settings);
    await Deno.symlink(elsewhere, join(memory, "generation-0001"));
    await assert.rejects(store.begin(1), /generation-0001 is a symbolic link/);
    assert.deepEqual([...Deno.readDirSync(elsewhere)], []);
    await Deno.remove(join(memory, "generation-0001"));
    await store.close();
    await Deno.rename(join(memory, "index.kv"), join(elsewhere, "index.kv"));
    await Deno.symlink(join(elsewhere, "index.kv"), join(memory, "index.kv"));
    await assert.rejects(MemoryStore.open(memory, settings), /index\.kv is a symbolic link/);
    assert.deepEqual([...Deno.readDirSync(elsewhere)].map(({ name }) => name), ["index.kv"]);
  }));

Deno.test("MemoryStore.open() names the flag that Deno KV needs", async () => {
  const { openKv } = Deno;
  Reflect.deleteProperty(Deno, "openKv"); // as in a Deno that was started without it
  try {
    await inTemporary(async (directory) => {
      await assert.rejects(MemoryStore.open(directory, settings), {
        name: "RunError",
        message: "The memory's index is a Deno KV database: run Deno with --unstable-kv.",
      });
    });
  } finally {
    Deno.openKv = openKv;
  }
});
