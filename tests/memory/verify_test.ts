import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { RunError } from "../../src/errors.ts";
import { readIndexPlace } from "../../src/memory/index/place.ts";
import { rebuildIndex } from "../../src/memory/index/rebuild.ts";
import { type MemorySettings, MemoryStore } from "../../src/memory/store.ts";
import { type MemoryCheck, verifyMemory } from "../../src/memory/verify.ts";
import { assertHolds, commitOf, order, settings } from "./store_support.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { copyFolder, inTemporary, writeExamples } from "./support.ts";

const SMALL: MemorySettings = { ...settings, imageCount: 3 };
/** The same with images of few bytes, where each byte has its turn. */
const TINY: MemorySettings = { ...SMALL, shape: { height: 4, width: 4, channels: 3 } };
const CHECKPOINT = new TextEncoder().encode("weights ".repeat(40));

/** A memory of epoch 2, complete, with epoch 3 begun, and its checkpoint. */
async function makeMemory(directory: string, settings = SMALL): Promise<string> {
  const memory = join(directory, "memory");
  await Deno.writeFile(join(directory, "checkpoint"), CHECKPOINT);
  const checkpointSha256 = createHash("sha256").update(CHECKPOINT).digest("hex");
  const named = { checkpoint: "checkpoint", checkpointSha256 };
  const store = await MemoryStore.open(memory, settings);
  for (const [epoch, count] of [[2, 2], [3, 1]] as const) {
    await store.begin(epoch);
    await writeExamples(store, epoch, order(epoch, 3).subarray(0, count));
    await store.commit({ epoch, step: 1, complete: epoch === 2, ...named, keep: [2] });
  }
  await store.close();
  return memory;
}

function verify(memory: string, index = true): Promise<MemoryCheck> {
  return verifyMemory(memory, { index, checkpointPath: (name) => join(memory, "..", name) });
}

/** Every file that the commit in `memory` points at, the index left out. */
function committedFiles(memory: string): string[] {
  const files = [join(memory, "current.json"), join(memory, "..", "checkpoint")];
  for (const { name, isDirectory } of Deno.readDirSync(memory)) {
    if (!isDirectory) continue;
    files.push(
      ...[...Deno.readDirSync(join(memory, name))].map((file) => join(memory, name, file.name)),
    );
  }
  return files.map((file) => join(file));
}

/** Asserts that the memory reads as it was written. */
async function assertIntact(memory: string): Promise<void> {
  const store = await MemoryStore.open(memory, SMALL);
  try {
    assert.deepEqual(store.current()!.generations, [2, 3]);
    assert.equal(store.current()!.step, 1);
    for (const [epoch, count] of [[2, 2], [3, 1]] as const) {
      const ids = order(epoch, 3);
      await assertHolds(store, epoch, ids.subarray(0, count), ids.subarray(count));
    }
  } finally {
    await store.close();
  }
}

Deno.test("verifyMemory() finds nothing in a memory that is whole, and changes nothing", () =>
  inTemporary(async (directory) => {
    const memory = await makeMemory(directory);
    const index = await Deno.readFile(join(memory, "index.kv"));
    const found = { commit: 2, generations: 2, chunks: 2, records: 3, index: true, damage: [] };
    assert.deepEqual(await verify(memory), found);
    assert.deepEqual(await Deno.readFile(join(memory, "index.kv")), index);
    const names = [...Deno.readDirSync(memory)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["current.json", "generation-0002", "generation-0003", "index.kv"]);
  }));

Deno.test("verifyMemory() names the file of any one flipped byte of chunks, manifests, current.json and checkpoint", () =>
  inTemporary(async (directory) => {
    const memory = await makeMemory(directory, TINY);
    const files = committedFiles(memory);
    assert.equal(files.length, 6);
    let flips = 0;
    for (const file of files) {
      const bytes = await Deno.readFile(file);
      using open = await Deno.open(file, { write: true });
      const put = (position: number, byte: number) => {
        open.seekSync(position, Deno.SeekMode.Start);
        open.writeSync(Uint8Array.of(byte));
      };
      for (let i = 0; i < bytes.length; i++) {
        put(i, bytes[i]! ^ (1 << (i % 8)));
        // The index is looked at below: without it every byte has its turn in seconds.
        const { damage } = await verify(memory, false);
        put(i, bytes[i]!);
        assert.ok(damage.some((each) => each.file === file), `byte ${i} of ${file}`);
        flips++;
      }
    }
    assert.ok(flips > 2800, `${flips}`);
    assert.deepEqual((await verify(memory)).damage, []);
  }));

Deno.test("verifyMemory() finds flipped bytes of a memory of many records, and which record it was", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    await writeExamples(store, 1, order(1));
    await store.commit(commitOf(1, true));
    await store.close();
    const options = { index: false, checkpointPath: () => join(directory, "index.kv") };
    const others = (await verifyMemory(directory, options)).damage;
    assert.equal(others.length, 1, "only the checkpoint, which is none");
    const stream = new Stream(1, Purpose.synthetic, 6);
    for (let i = 0; i < 40; i++) {
      const number = stream.integer(2), record = stream.integer(number === 0 ? 1024 : 476);
      const file = join(directory, "generation-0001", `chunk-000${number}.bin`);
      const bytes = await Deno.readFile(file);
      const at = 128 + 3084 * record + stream.integer(3084);
      await Deno.writeFile(file, bytes.with(at, bytes[at]! ^ (1 << stream.integer(8))));
      const { damage } = await verifyMemory(directory, options);
      await Deno.writeFile(file, bytes);
      assert.deepEqual(damage.slice(0, -1).map((each) => [each.file, each.record]), [[
        file,
        record,
      ]]);
    }
  }));

Deno.test("verifyMemory() lists each damaged record with its image", () =>
  inTemporary(async (directory) => {
    const memory = await makeMemory(directory);
    const file = join(memory, "generation-0002", "chunk-0000.bin");
    const whole = await Deno.readFile(file);
    const bytes = whole.slice();
    for (const record of [0, 1]) bytes[128 + 3084 * record + 500]! ^= 1;
    await Deno.writeFile(file, bytes);
    const ids = order(2, 3);
    const fault = (record: number, what: string) => `Record ${record} of ${file} ${what}`;
    assert.deepEqual(
      (await verify(memory)).damage,
      [0, 1].map((record) => ({
        ...{ file, record, fault: fault(record, "does not match its checksum") },
        image: ids[record],
      })),
    );
    // The image number itself is gone from the chunk: the index has it.
    await Deno.writeFile(file, whole.with(128 + 3084, 77));
    const [damage] = (await verify(memory)).damage;
    assert.deepEqual([damage!.record, damage!.image], [1, ids[1]]);
    await Deno.writeFile(file, whole.subarray(0, -1));
    const cut = (await verify(memory)).damage;
    assert.deepEqual(cut.map(({ fault }) => fault), [
      `${file} has 6295 bytes instead of 6296`,
      fault(1, "is cut short"),
    ]);
    await Deno.remove(file);
    assert.match((await verify(memory)).damage[0]!.fault, /Could not read .*chunk-0000/);
  }));

Deno.test("verifyMemory() reads no more of a file than belongs to it, whatever stands behind that", () =>
  inTemporary(async (directory) => {
    const memory = await makeMemory(directory);
    const chunk = join(memory, "generation-0002", "chunk-0000.bin");
    const manifest = join(memory, "generation-0003", "manifest.partial-1.json");
    const files = [chunk, manifest, join(memory, "current.json"), join(memory, "index.json")];
    const length = 2 ** 42, before = Deno.memoryUsage().rss;
    for (const file of files) {
      // A hole: it takes no room on the disk, and would take all of the RAM.
      using open = await Deno.open(file, { write: true, create: true });
      await open.truncate(length);
    }
    const { damage } = await verify(memory, true);
    const named = damage.map(({ file }) => file);
    for (const file of files.slice(0, 3)) assert.ok(named.includes(file), `${file}: ${named}`);
    assert.equal(
      damage.find(({ file }) => file === chunk)!.fault,
      `${chunk} has ${length} bytes instead of ${128 + 2 * 3084}`,
    );
    await assert.rejects(MemoryStore.openReadOnly(memory), {
      name: "RunError",
      message: /damaged/,
    });
    await assert.rejects(readIndexPlace(memory), { name: "RunError", message: /damaged/ });
    assert.ok(Deno.memoryUsage().rss - before < 2 ** 28);
  }));

Deno.test("verifyMemory() refuses a folder without a memory", () =>
  inTemporary(async (directory) => {
    for (const path of [directory, join(directory, "absent")]) {
      await assert.rejects(verify(path), { name: "UsageError", message: /There is no memory/ });
    }
  }));

Deno.test("rebuildIndex() makes a lost index anew, and a lost current.json", () =>
  inTemporary(async (directory) => {
    const memory = await makeMemory(directory);
    const before = await Deno.readFile(join(memory, "current.json"));
    for (const name of ["index.kv", "current.json"]) {
      await Deno.remove(join(memory, name));
      const [damage] = (await verify(memory)).damage;
      assert.equal(damage!.file, join(memory, name));
      if (name === "current.json") {
        await assert.rejects(MemoryStore.openReadOnly(memory), {
          name: "RunError",
          message:
            /current\.json is missing beside generation-0002: make it anew with `.+ --rebuild`$/,
        });
        const remote = "http://127.0.0.1:9/";
        await assert.rejects(MemoryStore.open(memory, SMALL, { remote }), /contradict each other/);
        await assert.rejects(Deno.stat(join(memory, "index.json")), { name: "NotFound" });
      }
      await rebuildIndex(memory);
      assert.deepEqual((await verify(memory)).damage, []);
      await assertIntact(memory);
      assert.deepEqual(await Deno.readFile(join(memory, "current.json")), before);
    }
    await Deno.remove(join(memory, "index.kv"));
    await Deno.writeTextFile(join(memory, "current.json"), "{}");
    await Deno.writeTextFile(join(memory, "index.kv.bak"), "mine");
    await assert.rejects(rebuildIndex(memory), /Neither the index nor current\.json/);
    assert.equal(await Deno.readTextFile(join(memory, "index.kv.bak")), "mine");
  }));

Deno.test("a flip in index.kv changes nothing that is read, or is detected and mended by rebuildIndex()", () =>
  inTemporary(async (directory) => {
    const memory = await makeMemory(directory);
    const whole = await Deno.readFile(join(memory, "index.kv"));
    const path = join(memory, "index.kv");
    let silent = 0, detected = 0;
    // A prime step, so that all kinds of pages and all offsets in them have their turn.
    for (let at = 0; at < whole.length; at += at < 200 ? 7 : 251) {
      await Deno.writeFile(path, whole.with(at, whole[at]! ^ (1 << (at % 8))));
      const what = `byte ${at}`;
      const { damage } = await verify(memory);
      assert.ok(damage.every(({ file }) => file === path), what);
      let refused = false;
      try {
        await assertIntact(memory);
      } catch (error) {
        assert.ok(error instanceof RunError, `${what}: ${error}`);
        refused = true;
      }
      assert.ok(!refused || damage.length > 0, `${what} is refused and not found`);
      if (damage.length > 0) {
        detected++;
        await rebuildIndex(memory);
        assert.deepEqual((await verify(memory)).damage, [], what);
        await assertIntact(memory);
      } else silent++;
      for (const suffix of ["-wal", "-shm", "-journal"]) {
        await Deno.remove(path + suffix).catch(() => {});
      }
    }
    assert.ok(detected > 10 && silent > 10, `${detected} of ${detected + silent} detected`);
  }));

Deno.test("a flip in the log of an open index is detected, and mended by rebuildIndex()", () =>
  inTemporary(async (directory) => {
    const live = await makeMemory(directory);
    const store = await MemoryStore.open(live, SMALL);
    await store.begin(3);
    const named = { checkpoint: "checkpoint", checkpointSha256: store.current()!.checkpointSha256 };
    await store.commit({ epoch: 3, step: 1, complete: false, ...named, keep: [2] });
    const memory = join(directory, "killed", "memory");
    copyFolder(live, memory);
    await Deno.copyFile(join(directory, "checkpoint"), join(directory, "killed", "checkpoint"));
    await store.close();
    const path = join(memory, "index.kv-wal");
    const whole = await Deno.readFile(path), base = await Deno.readFile(join(memory, "index.kv"));
    const bytes = whole.slice();
    for (let at = 40; at < bytes.length; at += 4096) bytes[at]! ^= 1;
    await Deno.writeFile(path, bytes);
    assert.match((await verify(memory)).damage[0]!.fault, /contradict each other/);
    await assert.rejects(MemoryStore.open(memory, SMALL), /contradict each other/);
    await Deno.writeFile(path, bytes);
    await Deno.writeFile(join(memory, "index.kv"), base);
    await rebuildIndex(memory);
    assert.deepEqual((await verify(memory)).damage, []);
    await assertIntact(memory);
  }));
