import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import {
  agrees,
  type Current,
  decodeCurrent,
  encodeCurrent,
  readCurrentFile,
} from "../../src/memory/current.ts";
import { sha256 } from "../../src/format/sha256.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import { assertHolds, commitOf, order, settings } from "./store_support.ts";
import { startDeno } from "../testing/program.ts";
import { CHECKPOINT_SHA256, copyFolder, inTemporary, writeExamples } from "./support.ts";

const CURRENT: Current = {
  settings,
  commit: {
    ...{ commit: 7, epoch: 3, step: 20, checkpoint: "epoch-003.step-20.safetensors" },
    checkpointSha256: CHECKPOINT_SHA256,
    generations: [2, 3].map((epoch) => ({
      ...{ epoch, commit: 4 + epoch, manifest: "manifest.json", sha256: "a0".repeat(32) },
    })),
  },
};

Deno.test("decodeCurrent() gives back what encodeCurrent() was given", () => {
  for (const current of [CURRENT, { settings, commit: undefined }]) {
    assert.deepEqual(decodeCurrent(encodeCurrent(current)), current);
  }
});

Deno.test("decodeCurrent() refuses a document with any one byte changed, added or gone", () => {
  const bytes = encodeCurrent(CURRENT);
  for (let i = 0; i < bytes.length; i++) {
    for (const flip of [1, 0x20, 0x80]) {
      const damaged = bytes.slice();
      damaged[i]! ^= flip;
      assert.equal(decodeCurrent(damaged), undefined, `byte ${i} ^ ${flip}`);
    }
    assert.equal(decodeCurrent(bytes.subarray(0, i)), undefined);
  }
  assert.equal(decodeCurrent(Uint8Array.of(...bytes, 10)), undefined);
});

Deno.test("agrees() lets an index be ahead of what readers were shown, and nothing else", () => {
  const empty: Current = { settings, commit: undefined };
  const at = (commit: number, step = 20): Current => ({
    settings,
    commit: { ...CURRENT.commit!, commit, step },
  });
  const others = { settings: { ...settings, imageCount: 7 }, commit: at(3).commit };
  const table: [indexed: Current, shown: Current | undefined, expected: boolean][] = [
    [empty, undefined, true],
    [at(1), undefined, false],
    [empty, empty, true],
    [at(1), empty, true],
    [empty, at(1), false],
    [at(3), at(3), true],
    [at(4), at(3), true],
    [at(2), at(3), false],
    [at(3, 21), at(3), false],
    [others, at(3), false],
  ];
  for (const [row, [indexed, shown, expected]] of table.entries()) {
    assert.equal(agrees(indexed, shown), expected, `row ${row}`);
  }
});

/** What the tests change of a document. */
interface Nested {
  checkpoint: string;
  imageCount: number;
  generations: { manifest: string }[];
}

/** `current` as JSON with other `changes`, sealed as {@linkcode encodeCurrent} seals it. */
function sealed(
  changes: (document: { [key in string]?: Nested }) => void,
): Uint8Array<ArrayBuffer> {
  const document = JSON.parse(new TextDecoder().decode(encodeCurrent(CURRENT)));
  delete document.sha256;
  changes(document);
  const text = { ...document, sha256: sha256(JSON.stringify(document)) };
  return new TextEncoder().encode(JSON.stringify(text, null, 2) + "\n");
}

Deno.test("decodeCurrent() takes names for checkpoint and manifest, and no paths", () => {
  const named = (change: (commit: Nested) => void) => sealed(({ commit }) => change(commit!));
  assert.deepEqual(decodeCurrent(named(() => {})), CURRENT);
  const outside = [
    "../epoch-003.safetensors",
    "/etc/passwd",
    "a/b",
    "..",
    ".",
    "",
    "a\\b",
    "\x1b[2J",
  ];
  for (const name of [...outside, "a\n", " a", "a\0"]) {
    const what = JSON.stringify(name);
    assert.equal(decodeCurrent(named((commit) => commit.checkpoint = name)), undefined, what);
    const manifest = named((commit) => commit.generations[1]!.manifest = name);
    assert.equal(decodeCurrent(manifest), undefined, what);
  }
  const other = named((commit) => commit.generations[1]!.manifest = "chunk-0000.bin");
  assert.equal(decodeCurrent(other), undefined);
});

Deno.test("decodeCurrent() refuses a commit without the generation of its epoch", () => {
  const pruned = (keep: number) =>
    sealed(({ commit }) => commit!.generations = [commit!.generations[keep]!]);
  assert.equal(decodeCurrent(pruned(1))?.commit?.generations[0]?.epoch, 3);
  assert.equal(decodeCurrent(pruned(0)), undefined);
});

Deno.test("decodeCurrent() refuses more images than a table of locations is ever made for", () => {
  const counting = (imageCount: number) =>
    sealed(({ settings }) => settings!.imageCount = imageCount);
  assert.equal(decodeCurrent(counting(2 ** 24))?.settings.imageCount, 2 ** 24);
  for (const count of [2 ** 24 + 1, 5e8, -1, 0.5, 1e300]) {
    assert.equal(decodeCurrent(counting(count)), undefined, `${count}`);
  }
});

/** Fills `directory` with epoch 1, keeps a copy, and goes on with epoch 2. */
async function twoCommits(directory: string): Promise<{ live: string; before: string }> {
  const live = join(directory, "live"), before = join(directory, "before");
  const store = await MemoryStore.open(live, settings);
  await store.begin(1);
  await writeExamples(store, 1, order(1).subarray(0, 20));
  await store.commit(commitOf(1, true));
  copyFolder(live, before);
  await store.begin(2);
  await writeExamples(store, 2, order(2).subarray(0, 20));
  await store.commit(commitOf(2, true, [1]));
  await store.close();
  return { live, before };
}

Deno.test("MemoryStore.open() writes the current.json that a killed process did not come to", () =>
  inTemporary(async (directory) => {
    const { live, before } = await twoCommits(directory);
    const path = join(live, "current.json");
    const wanted = await Deno.readFile(path);
    await Deno.copyFile(join(before, "current.json"), path);
    const torn = [`${path}.tmp-123`, `${path}.tmp-0a1b2c3d`, join(live, "index.json.tmp-0a1b2c3d")];
    for (const file of torn) await Deno.writeTextFile(file, "{");
    await Deno.writeTextFile(join(live, "notes.txt"), "mine");
    const reader = await MemoryStore.openReadOnly(live);
    assert.equal(reader.current()!.epoch, 1);
    await assertHolds(reader, 1, order(1).subarray(0, 20));
    await reader.close();
    const store = await MemoryStore.open(live, settings);
    assert.equal(store.current()!.epoch, 2);
    await store.close();
    assert.deepEqual(await Deno.readFile(path), wanted);
    const names = [...Deno.readDirSync(live)].map(({ name }) => name).sort();
    const generations = ["generation-0001", "generation-0002"];
    assert.deepEqual(names, ["current.json", ...generations, "index.kv", "notes.txt"]);
  }));

Deno.test("MemoryStore.open() refuses an index that is lost or older than current.json, and makes none", () =>
  inTemporary(async (directory) => {
    const { live, before } = await twoCommits(directory);
    await Deno.remove(join(live, "index.kv"));
    await assert.rejects(MemoryStore.open(live, settings), {
      name: "RunError",
      message: `The memory has lost its index ${live}/index.kv: ` +
        `restore it from a copy or with \`memloss memory verify ${dirname(live)} --rebuild\``,
    });
    await assert.rejects(Deno.stat(join(live, "index.kv")), Deno.errors.NotFound);
    for (const { name } of Deno.readDirSync(before)) {
      if (name.startsWith("index.kv")) Deno.copyFileSync(join(before, name), join(live, name));
    }
    await assert.rejects(MemoryStore.open(live, settings), /contradict each other/);
  }));

Deno.test("MemoryStore.open() refuses a damaged current.json, which readCurrentFile() names", () =>
  inTemporary(async (directory) => {
    const { live } = await twoCommits(directory);
    const path = join(live, "current.json");
    await Deno.writeTextFile(
      path,
      (await Deno.readTextFile(path)).replace('"step": 20', '"step": 21'),
    );
    for (const read of [() => MemoryStore.open(live, settings), () => readCurrentFile(live)]) {
      await assert.rejects(
        read(),
        (error: Error) => error.message.startsWith(`${path} is damaged`),
      );
    }
    await Deno.remove(path);
    await assert.rejects(MemoryStore.open(live, settings), /contradict each other/);
  }));

Deno.test("MemoryStore.openReadOnly() needs no permission to write, and opens no index", () =>
  inTemporary(async (directory) => {
    const { live } = await twoCommits(directory);
    for (const { name } of Deno.readDirSync(live)) {
      if (name.startsWith("index.kv")) Deno.removeSync(join(live, name));
    }
    const script = `
      const { MemoryStore } = await import(${JSON.stringify(STORE)});
      const { measureMemory } = await import(${JSON.stringify(STATS)});
      const store = await MemoryStore.openReadOnly(${JSON.stringify(live)});
      const { generations } = await measureMemory(store);
      console.log(generations.map(({ examples }) => examples).join());
      await store.close();`;
    const { code, stdout, stderr } = await runReader(script);
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trim(), "20,20");
  }));

const STORE = new URL("../../src/memory/store.ts", import.meta.url).href;
const STATS = new URL("../../src/memory/stats.ts", import.meta.url).href;

/** Runs `script` in a process that may read and nothing else. */
async function runReader(script: string) {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, script);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    return await startDeno(["run", "--no-prompt", "--allow-read", "--config", config, file]).ended;
  } finally {
    await Deno.remove(file);
  }
}
