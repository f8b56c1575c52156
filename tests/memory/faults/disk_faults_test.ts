import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { RunError } from "../../../src/errors.ts";
import type { Disk } from "../../../src/disk/disk.ts";
import { DISK } from "../../../src/disk/disk.ts";
import { writeFileAtomically } from "../../../src/disk/files.ts";
import { measureMemory } from "../../../src/memory/stats.ts";
import { type MemorySettings, MemoryStore } from "../../../src/memory/store.ts";
import {
  failingDisk,
  type Failure,
  type Fault,
  type Operation,
  recordingDisk,
  shortWritingDisk,
} from "./faulty_disk.ts";
import { assertHolds, order, settings } from "../store_support.ts";
import { generationFiles, inTemporary, writeExamples } from "../support.ts";

const SMALL: MemorySettings = {
  ...settings,
  imageCount: 12,
  shape: { height: 4, width: 4, channels: 3 },
};
const EPOCHS = 2;
/** Examples after which an epoch is committed; the last one ends it. */
const CUTS = [5, 12];

/** The checkpoint that is committed with the first `cut` examples of `epoch`. */
function checkpoint(epoch: number, cut: number): { name: string; bytes: Uint8Array } {
  const name = `epoch-${epoch}.step-${cut}`;
  return { name, bytes: new TextEncoder().encode(`the weights of ${name}`) };
}

/** Runs the script, or the rest of it, as a trainer does: checkpoint, then commit. */
async function script(directory: string, disk: Disk): Promise<void> {
  const store = await MemoryStore.open(join(directory, "memory"), SMALL, { disk });
  try {
    const pointer = store.current();
    let epoch = pointer === undefined ? 1 : pointer.epoch + (pointer.complete ? 1 : 0);
    let written = pointer === undefined || pointer.complete ? 0 : pointer.step;
    for (; epoch <= EPOCHS; epoch++, written = 0) {
      await store.begin(epoch);
      for (const cut of CUTS.filter((cut) => cut > written)) {
        await writeExamples(store, epoch, order(epoch, 12).subarray(written, cut));
        const { name, bytes } = checkpoint(epoch, cut);
        await writeFileAtomically(join(directory, name), bytes, disk);
        const checkpointSha256 = createHash("sha256").update(bytes).digest("hex");
        const complete = cut === SMALL.imageCount;
        const keep = complete ? [] : [epoch - 1];
        const named = { checkpoint: name, checkpointSha256 };
        await store.commit({ epoch, step: cut, complete, ...named, keep });
        written = cut;
      }
    }
  } finally {
    await store.close();
  }
}

/** The names of the commits in order; the first is that of an empty memory. */
const COMMITS = ["none"];
for (let epoch = 1; epoch <= EPOCHS; epoch++) {
  COMMITS.push(...CUTS.map((cut) => checkpoint(epoch, cut).name));
}

/** Asserts that a reader finds nothing yet, or a commit with all that belongs to it. */
async function assertReadable(directory: string): Promise<void> {
  const memory = join(directory, "memory");
  if (!await Deno.stat(join(memory, "current.json")).then(() => true, () => false)) return;
  const reader = await MemoryStore.openReadOnly(memory);
  const pointer = reader.current();
  for (const { epoch, examples } of (await measureMemory(reader)).generations) {
    const ids = order(epoch, 12);
    assert.equal(examples, epoch === pointer!.epoch ? pointer!.step : 12);
    await assertHolds(reader, epoch, ids.subarray(0, examples), ids.subarray(examples));
  }
  await reader.close();
}

/** Asserts that what is current in `directory` is whole and that nothing else is there; returns its checkpoint. */
async function assertWhole(directory: string): Promise<string> {
  await assertReadable(directory);
  const memory = join(directory, "memory");
  const store = await MemoryStore.open(memory, SMALL);
  const pointer = store.current();
  const files = ["current.json", "index.kv"];
  for (const epoch of pointer?.generations ?? []) {
    const partial = epoch === pointer!.epoch && !pointer!.complete;
    const ids = order(epoch, 12), count = partial ? pointer!.step : 12;
    await assertHolds(store, epoch, ids.subarray(0, count), ids.subarray(count));
    const folder = `generation-000${epoch}`;
    files.push(
      ...partial
        ? [`${folder}/chunk-0000.partial-0005.bin`, `${folder}/manifest.partial-5.json`]
        : [`${folder}/chunk-0000.bin`, `${folder}/manifest.json`],
    );
  }
  const expected = pointer === undefined
    ? []
    : pointer.complete || pointer.epoch === 1
    ? [pointer.epoch]
    : [pointer.epoch - 1, pointer.epoch];
  assert.deepEqual(pointer?.generations ?? [], expected);
  await store.close();
  const found = [...Object.keys(generationFiles(memory)), ...fileNames(memory)];
  assert.deepEqual(found.filter((name) => !/^index\.kv-/.test(name)).sort(), files.sort());
  if (pointer === undefined) return "none";
  const bytes = await Deno.readFile(join(directory, pointer.checkpoint));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  assert.equal(sha256, pointer.checkpointSha256, pointer.checkpoint);
  return pointer.checkpoint;
}

function fileNames(directory: string): string[] {
  return [...Deno.readDirSync(directory)].filter(({ isFile }) => isFile).map(({ name }) => name);
}

/** The faults of a script of `operations`, each of which fails in every way it can. */
function* allFaults(operations: readonly Operation[]): Generator<Fault> {
  for (const [at, { kind }] of operations.entries()) {
    const torn = kind === "write" || kind === "create" || kind === "remove";
    const failures: Failure[] = torn ? ["before", "torn", "after"] : ["before", "after"];
    for (const failure of failures) {
      for (const forGood of [false, true]) {
        yield { at, failure, forGood, code: at % 2 === 0 ? "EIO" : "ENOSPC" };
      }
    }
  }
}

Deno.test("MemoryStore survives any one failing operation of the disk with the commit before or after it, whole", () =>
  inTemporary(async (directory) => {
    const operations: Operation[] = [];
    const whole = join(directory, "whole");
    await Deno.mkdir(whole);
    await script(whole, recordingDisk(operations));
    const finished = generationFiles(join(whole, "memory"));
    let points = 0;
    for (const fault of allFaults(operations)) {
      const what = `${JSON.stringify(operations[fault.at])} ${JSON.stringify(fault)}`;
      const folder = join(directory, `fault-${points++}`);
      await Deno.mkdir(folder);
      const disk = failingDisk(fault);
      const before = await reached(operations.slice(0, fault.at));
      await script(folder, disk).then(
        // Only what nobody waits for may fail unnoticed: there is nothing of the kind.
        () => assert.fail(`no error: ${what}`),
        (error) => assert.ok(error instanceof RunError, `${error} ${what}`),
      );
      assert.ok(disk.failed, what);
      const found = COMMITS.indexOf(
        await assertWhole(folder).catch((error) => {
          throw new Error(what, { cause: error });
        }),
      );
      assert.ok(found === before || found === before + 1, `${COMMITS[found]}: ${what}`);
      if (points % 5 === 0) {
        await script(folder, DISK);
        assert.deepEqual(generationFiles(join(folder, "memory")), finished, what);
      }
      await Deno.remove(folder, { recursive: true });
    }
    assert.ok(points >= 300, `${points} points`);
  }));

/** How many commits had been published after `operations`: each is followed by a new `current.json`, but for the first. */
function reached(operations: readonly Operation[]): number {
  const shown =
    operations.filter(({ kind, path }) => kind === "rename" && path.endsWith("current.json"))
      .length;
  return Math.max(0, shown - 1);
}

Deno.test("MemoryStore writes the same files however few bytes the system takes at a time", () =>
  inTemporary(async (directory) => {
    const [whole, short] = [join(directory, "whole"), join(directory, "short")];
    await Deno.mkdir(whole);
    await Deno.mkdir(short);
    await script(whole, DISK);
    await script(short, shortWritingDisk(100));
    assert.deepEqual(
      generationFiles(join(short, "memory")),
      generationFiles(join(whole, "memory")),
    );
    assert.equal(await assertWhole(short), COMMITS.at(-1));
  }));

Deno.test("MemoryStore.commit() flushes all files and their folders, commits, and only then removes", () =>
  inTemporary(async (directory) => {
    const log: Operation[] = [];
    const memory = join(directory, "memory");
    await script(directory, recordingDisk(log));
    /** Files with bytes, and folders with names, that a power cut would lose. */
    const unsynced = new Set<string>();
    let uncommitted = false, shown = true, published = 0, removed = 0;
    for (const { kind, path, from } of log) {
      const folder = path.slice(0, path.lastIndexOf("/"));
      switch (kind) {
        case "create":
        case "write":
          unsynced.add(path);
          uncommitted ||= path.startsWith(memory) && !path.includes("current.json");
          break;
        case "sync":
        case "syncdir":
          unsynced.delete(path);
          break;
        case "rename":
          assert.ok(!unsynced.has(from!), `${from} is renamed before it is flushed`);
          unsynced.add(folder);
          shown ||= path.endsWith("current.json");
          break;
        case "mkdir":
          unsynced.add(folder);
          break;
        case "commit":
          assert.deepEqual([...unsynced], [], "committed before it is flushed");
          // Old index pages go last, in a transaction that changes nothing current.
          if (uncommitted) shown = false;
          uncommitted = false;
          published++;
          break;
        case "remove":
          assert.ok(!uncommitted, `${path} is removed before the commit`);
          assert.ok(shown, `${path} is removed before readers know`);
          assert.deepEqual([...unsynced], [], path);
          removed++;
      }
    }
    assert.ok(published > 2 * EPOCHS && removed >= 2 * EPOCHS, `${published}, ${removed}`);
  }));
