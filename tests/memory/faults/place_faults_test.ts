/** A memory whose place is full, read-only, forbidden or failing is not a damaged one. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { StorageError } from "../../../src/disk/failure.ts";
import { TemporaryError } from "../../../src/disk/temporary_database.ts";
import { RunError } from "../../../src/errors.ts";
import { rebuildIndex } from "../../../src/memory/index/rebuild.ts";
import type { DamagedExample } from "../../../src/memory/options.ts";
import { type MemorySettings, MemoryStore } from "../../../src/memory/store.ts";
import { verifyMemory } from "../../../src/memory/verify.ts";
import { snapshot } from "../../testing/folder.ts";
import { type Patched, patched } from "../../disk/patched.ts";
import { assertHolds, commitOf, order, settings } from "../store_support.ts";
import { inTemporary, writeExamples } from "../support.ts";

const SMALL: MemorySettings = { ...settings, imageCount: 3 };
const CODES = ["ENOSPC", "EACCES", "EROFS", "EIO", "EMFILE"];

/** A memory killed after its second commit and before readers were told: `current.json` is at the first. */
async function makeAhead(directory: string): Promise<string> {
  const memory = join(directory, "memory"), shown = join(memory, "current.json");
  const store = await MemoryStore.open(memory, SMALL);
  let before = new Uint8Array();
  for (const epoch of [1, 2]) {
    if (epoch === 2) before = await Deno.readFile(shown);
    await store.begin(epoch);
    await writeExamples(store, epoch, order(epoch, 3));
    await store.commit(commitOf(epoch, true, [1]));
  }
  await store.close();
  await Deno.writeFile(shown, before);
  return memory;
}

function verify(memory: string) {
  return verifyMemory(memory, { index: true, checkpointPath: () => join(memory, "index.kv") });
}

/** What stands in the way of looking into the index. */
function obstacles(memory: string): [what: string, Patched, kind: typeof StorageError][] {
  const index = join(memory, "index.kv");
  const failure = (code: string) => Object.assign(new Error(`(${code})`), { code });
  return [
    ...CODES.flatMap((code): [string, Patched, typeof StorageError][] => [
      [
        `${code} of the index`,
        patched(Deno, "readFile", (path) => path === index, failure(code)),
        StorageError,
      ],
      [
        `${code} of the folder`,
        patched(Deno, "makeTempDir", () => true, failure(code)),
        TemporaryError,
      ],
      [
        `${code} of the copy`,
        patched(Deno, "writeFile", () => true, failure(code)),
        TemporaryError,
      ],
    ]),
    [
      "no TMPDIR",
      patched(Deno, "makeTempDir", () => true, new Deno.errors.NotFound()),
      TemporaryError,
    ],
    ...["disk I/O error", "database or disk is full", "unable to open database file: copy.kv"].map((
      message,
    ): [string, Patched, typeof StorageError] => [
      message,
      patched(Deno, "openKv", () => true, new Error(message)),
      TemporaryError,
    ]),
  ];
}

Deno.test("verifyMemory() and rebuildIndex() take no place that fails for damage, and change nothing", () =>
  inTemporary(async (directory) => {
    const memory = await makeAhead(directory);
    await verify(memory); // what a database looks like is found out once
    const before = await snapshot(memory);
    for (const [what, { during }, kind] of obstacles(memory)) {
      for (const look of [() => verify(memory), () => rebuildIndex(memory)]) {
        await during(() => assert.rejects(look(), (error) => error instanceof kind, what));
      }
      assert.deepEqual(await snapshot(memory), before, what);
    }
    for (const file of ["current.json", "generation-0002/manifest.json"]) {
      const path = join(memory, file);
      const denied = patched(Deno, "readFile", (asked) => asked === path, denial());
      await denied.during(() => assert.rejects(rebuildIndex(memory), StorageError));
      assert.deepEqual(await snapshot(memory), before, file);
    }
    const chunk = patched(Deno, "readFile", (path) => /chunk/.test(String(path)), denial());
    await chunk.during(() => assert.rejects(verify(memory), StorageError));
  }));

function denial(): Error {
  return Object.assign(new Deno.errors.PermissionDenied("no"), { code: "EACCES" });
}

Deno.test("verifyMemory() looks at the commit that the index knows and readers have not been told of", () =>
  inTemporary(async (directory) => {
    const memory = await makeAhead(directory);
    const { commit, generations, damage } = await verify(memory);
    assert.deepEqual([commit, generations, damage.length], [2, 2, 1]); // the checkpoint, which is none
    await Deno.remove(join(memory, "generation-0002", "chunk-0000.bin"));
    assert.match((await verify(memory)).damage[0]!.fault, /generation-0002/);
  }));

Deno.test("rebuildIndex() keeps the last commit that the index or current.json knows of", () =>
  inTemporary(async (directory) => {
    const memory = await makeAhead(directory);
    const kv = await Deno.openKv(join(memory, "index.kv"));
    await kv.set(["location", 2, 2, 0], new Uint8Array(8192)); // the damage
    kv.close();
    await rebuildIndex(memory);
    assert.deepEqual((await verify(memory)).commit, 2);
    const store = await MemoryStore.open(memory, SMALL);
    for (const epoch of [1, 2]) await assertHolds(store, epoch, order(epoch, 3));
    await store.close();
  }));

Deno.test("rebuildIndex() does not go back to an older commit where files of the last are lost", () =>
  inTemporary(async (directory) => {
    const memory = await makeAhead(directory);
    await Deno.remove(join(memory, "generation-0002", "chunk-0000.bin"));
    const before = await snapshot(memory);
    const message = /chunk-0000\.bin.*; to go back to commit 1 instead, take the index away first$/;
    await assert.rejects(rebuildIndex(memory), message);
    assert.deepEqual(await snapshot(memory), before);
    await Deno.remove(join(memory, "index.kv"));
    await rebuildIndex(memory);
    const store = await MemoryStore.open(memory, SMALL);
    await assertHolds(store, 1, order(1, 3));
    await store.close();
  }));

Deno.test("MemoryStore.read() counts no example as damaged because the disk would not read it", () =>
  inTemporary(async (directory) => {
    const store = await MemoryStore.open(await makeAhead(directory), SMALL, { budget: 0 });
    const damaged: DamagedExample[] = [];
    const read = () => store.read(1, order(1, 3), (example) => damaged.push(example));
    for (const code of CODES) {
      const failure = Object.assign(new Error("no"), { code });
      const failing = patched(Deno.FsFile.prototype, "readSync", () => true, failure);
      await failing.during(() => assert.rejects(read(), StorageError));
    }
    assert.deepEqual(damaged, []);
    await store.close();
  }));

Deno.test("MemoryStore.open() says that the place is full or forbidden, and does not call an index lost", () =>
  inTemporary(async (directory) => {
    const memory = await makeAhead(directory);
    const index = join(memory, "index.kv");
    for (
      const [failing, reason] of [
        [patched(Deno, "openKv", () => true, new Error("disk I/O error")), /the device failed/],
        [patched(Deno, "lstat", (path) => path === index, denial()), /permission was denied/],
      ] as const
    ) {
      await failing.during(() =>
        assert.rejects(MemoryStore.open(memory, SMALL), (error) => {
          assert.ok(error instanceof RunError, String(error));
          assert.match(error.message, reason);
          assert.doesNotMatch(error.message, /rebuild/);
          return true;
        })
      );
    }
  }));
