import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  tuningPath,
  type TuningResult,
  TuningStore,
} from "../../../../src/backend/webgpu/tuning/store.ts";
import { RunError } from "../../../../src/errors.ts";

const MEASUREMENT: TuningResult = {
  variant: "tile-64x64",
  seconds: { "tile-64x64": 0.001, "register-4": 0.002 },
  excluded: { winograd: "its results are wrong by 4e-1 of the largest" },
  kernels: 0x9abcdef0,
  measured: "2024-05-06T07:08:09.000Z",
};
const OTHER = { ...MEASUREMENT, variant: "register-4" };

/** Runs `body` with a path in a folder that does not exist yet. */
function inCache(name: string, body: (path: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const directory = await Deno.makeTempDir({ prefix: "memloss-tuning-" });
    try {
      await body(join(directory, "memloss", "tuning.kv"));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

/** A store at `path`, and what it says. */
function openStore(path: string | undefined) {
  const notes: string[] = [];
  return { store: new TuningStore(path, (note) => void notes.push(note)), notes };
}

inCache("TuningStore keeps measurements apart by device and convolution", async (path) => {
  const { store, notes } = openStore(path);
  assert.deepEqual(await store.load("a"), new Map());
  assert.ok(!await exists(path), "reading makes no file");
  await store.save("a", "forward 1", OTHER);
  await store.save("a", "forward 1", MEASUREMENT);
  await store.save("b", "forward 1", OTHER);
  await store.save("a", "forward 0", OTHER);
  const later = openStore(path).store;
  assert.deepEqual(
    await later.load("a"),
    new Map([["forward 0", OTHER], ["forward 1", MEASUREMENT]]),
  );
  assert.deepEqual(await later.list(), [
    { device: "a", convolution: "forward 0", ...OTHER },
    { device: "a", convolution: "forward 1", ...MEASUREMENT },
    { device: "b", convolution: "forward 1", ...OTHER },
  ]);
  await later.clear();
  assert.deepEqual([await later.list(), await exists(path)], [[], false]);
  await store.save("b", "forward 1", OTHER);
  assert.equal((await later.load("b")).size, 1);
  assert.deepEqual(notes, []);
});

inCache(
  "TuningStore says once that its database is damaged, and clear() mends that",
  async (path) => {
    await openStore(path).store.save("a", "forward 1", MEASUREMENT);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.fill(77, 0, 2000));
    const { store, notes } = openStore(path);
    assert.deepEqual(await store.load("a"), new Map());
    await store.save("a", "forward 2", MEASUREMENT);
    assert.deepEqual(await store.list(), []);
    assert.equal(notes.length, 1);
    assert.match(
      notes[0]!,
      /^Tuning results cannot be kept in .*tuning\.kv: .* damaged .*--reset-tuning/,
    );
    assert.deepEqual(await Deno.readFile(path), bytes, "left as it was");
    await store.clear();
    const { store: fresh, notes: none } = openStore(path);
    await fresh.save("a", "forward 2", MEASUREMENT);
    assert.deepEqual([[...await fresh.load("a")], none], [[["forward 2", MEASUREMENT]], []]);
  },
);

inCache("TuningStore passes over entries that are not its own", async (path) => {
  const { store, notes } = openStore(path);
  await store.save("a", "forward 1", MEASUREMENT);
  const kv = await Deno.openKv(path);
  const odd = [null, 7, "text", [], {}, { ...MEASUREMENT, seconds: null }, new Deno.KvU64(3n)];
  for (const [i, value] of odd.entries()) await kv.set([1, "a", `odd ${i}`], value);
  await kv.set([1, "a"], MEASUREMENT);
  await kv.set([1, "a", 7], MEASUREMENT);
  await kv.set([1, "a", "forward 1", "more"], MEASUREMENT);
  kv.close();
  assert.deepEqual(await store.load("a"), new Map([["forward 1", MEASUREMENT]]));
  const own = { device: "a", convolution: "forward 1", ...MEASUREMENT };
  assert.deepEqual([await store.list(), notes], [[own], []]);
});

inCache(
  "TuningStore writes to no file that a link leads to, and waits at no pipe",
  async (path) => {
    const folder = join(path, ".."), elsewhere = join(folder, "elsewhere");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(elsewhere, "");
    await Deno.symlink(elsewhere, path);
    for (const kind of ["link", "pipe"]) {
      if (kind === "pipe") {
        await Deno.remove(path);
        await new Deno.Command("mkfifo", { args: [path] }).output();
      }
      const { store, notes } = openStore(path);
      await store.save("a", "forward 1", MEASUREMENT);
      assert.deepEqual([await store.list(), notes.length], [[], 1], kind);
      assert.match(notes[0]!, new RegExp(`cannot be kept in .*tuning.kv is a .*${kind}`));
    }
    assert.equal(await Deno.readTextFile(elsewhere), "");
  },
);

inCache("TuningStore says once that its folder cannot be made", async (path) => {
  await Deno.writeTextFile(join(path, "..", "..", "memloss"), "no folder");
  const { store, notes } = openStore(path);
  await store.save("a", "forward 1", MEASUREMENT);
  await store.save("a", "forward 2", MEASUREMENT);
  assert.deepEqual([await store.load("a"), notes.length], [new Map(), 1]);
  assert.match(notes[0]!, /^Tuning results cannot be kept in .*tuning\.kv: /);
});

inCache("TuningStore.clear() says what it cannot remove", async (path) => {
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(join(path, "something"), "");
  const remove = Deno.remove;
  Deno.remove = () => Promise.reject(new Deno.errors.PermissionDenied());
  try {
    await assert.rejects(openStore(path).store.clear(), (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, /^Could not remove .*tuning\.kv: permission was denied$/);
      return true;
    });
  } finally {
    Deno.remove = remove;
  }
});

Deno.test("TuningStore without a path keeps nothing and says nothing", async () => {
  const { store, notes } = openStore(undefined);
  await store.save("a", "forward 1", MEASUREMENT);
  await store.clear();
  assert.deepEqual([await store.load("a"), await store.list(), notes], [new Map(), [], []]);
});

Deno.test({
  name: "tuningPath() is where the environment says that caches are",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // The environment itself belongs to the test files that run at the same time, too.
    const { get } = Deno.env;
    const variables = new Map<string, string>();
    Deno.env.get = (name) => variables.get(name);
    try {
      variables.set("HOME", "/home/somebody").set("XDG_CACHE_HOME", "/caches");
      assert.equal(await tuningPath(), "/caches/memloss/tuning.kv");
      variables.set("XDG_CACHE_HOME", "");
      assert.equal(await tuningPath(), "/home/somebody/.cache/memloss/tuning.kv");
      variables.delete("XDG_CACHE_HOME");
      assert.equal(await tuningPath(), "/home/somebody/.cache/memloss/tuning.kv");
      variables.delete("HOME");
      assert.equal(await tuningPath(), undefined);
    } finally {
      Deno.env.get = get;
    }
  },
});

for (
  const permissions of [{ read: true, write: true }, { env: ["HOME"], read: true }] as const
) {
  Deno.test({
    name: `tuningPath() asks for nothing with no more than ${JSON.stringify(permissions)}`,
    permissions: {
      ...permissions,
      ...permissions.env && { env: [...permissions.env] },
    } as Deno.PermissionOptions,
    fn: async () => assert.equal(await tuningPath(), undefined),
  });
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
