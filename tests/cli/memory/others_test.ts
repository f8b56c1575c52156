/** `memloss memory` beside another process, and on folders in which something else lies. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { decodeSafetensors, encodeSafetensors } from "../../../src/format/safetensors.ts";
import { RunLock } from "../../../src/run/folder/run_lock.ts";
import { copyFolder, snapshot } from "../../testing/folder.ts";
import { assertRefused, memloss, memlossDone } from "../memloss.ts";
import { TinyWorld } from "../tiny.ts";

let world: TinyWorld;
let run: string;
let exported: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  exported = world.path("memory.safetensors");
  await memlossDone(...world.trainArgs(run, "--variant", "v1", "--select", "none"));
  await memlossDone("memory", "export", run, "--out", exported, "--data-dir", world.data);
});

Deno.test.afterAll(() => world.remove());

async function copyOfRun(name: string): Promise<string> {
  await copyFolder(run, world.path(name));
  return world.path(name);
}

/** Runs `memloss memory ARGS…` while this process holds the lock of `runDir`. */
async function besideOwner(runDir: string, ...args: string[]) {
  const lock = await RunLock.acquire(runDir);
  try {
    return await memloss("memory", ...args);
  } finally {
    await lock.release();
  }
}

Deno.test("memloss memory gc, import and verify --rebuild leave a run alone that another process has", async () => {
  const owned = await copyOfRun("owned");
  const inUse = new RegExp(`in use by process ${Deno.pid}: wait for it to end`);
  await Deno.writeTextFile(join(owned, "memory", "generation-0002", "chunk-0007.bin"), "left");
  const before = await snapshot(owned);
  assertRefused(await besideOwner(owned, "gc", owned), 2, inUse);
  assertRefused(await besideOwner(owned, "verify", owned, "--rebuild"), 2, inUse);
  assert.deepEqual(await snapshot(owned), before);
  await Deno.remove(join(owned, "memory"), { recursive: true });
  const importing = ["import", owned, exported, "--data-dir", world.data];
  assertRefused(await besideOwner(owned, ...importing), 2, inUse);
  await memlossDone("memory", ...importing);
});

Deno.test("memloss memory verify does not look at an index that another process has open", async () => {
  const owned = await copyOfRun("open");
  await Deno.writeTextFile(join(owned, "memory", "index.kv"), "half a page");
  const { code, stdout } = await besideOwner(owned, "verify", owned);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /; the index was not read \(a trainer has it open, /);
  assert.equal((await memloss("memory", "verify", owned)).code, 1);
});

Deno.test("memloss memory import refuses a run that stands inside an epoch", async () => {
  const inside = await copyOfRun("inside");
  await Deno.remove(join(inside, "memory"), { recursive: true });
  const path = join(inside, "checkpoints", "epoch-002.safetensors");
  await Deno.remove(join(inside, "checkpoints", "committed.json")); // knows the digest of another
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(path), path);
  const progress = { ...JSON.parse(metadata.memloss!), complete: false };
  const about = { ...metadata, memloss: JSON.stringify(progress) };
  await Deno.writeFile(path, encodeSafetensors(tensors, about));
  const refused = await memloss("memory", "import", inside, exported, "--data-dir", world.data);
  assertRefused(refused, 2, /stands inside epoch 2, .* missing: start a new run/);
});

Deno.test("memloss memory import replaces no generations, though nothing says what is current, and no notes", async () => {
  const lost = await copyOfRun("lost");
  const memory = join(lost, "memory");
  const args = ["memory", "import", lost, exported, "--data-dir", world.data];
  for (const name of ["index.kv", "current.json"]) await Deno.remove(join(memory, name));
  const before = await snapshot(lost);
  assertRefused(await memloss(...args), 2, /holds a memory: move it away/);
  assert.deepEqual(await snapshot(lost), before);
  await Deno.remove(join(memory, "generation-0002"), { recursive: true });
  await Deno.writeTextFile(join(memory, "notes.txt"), "mine");
  assertRefused(await memloss(...args), 2, /memory holds notes\.txt: move it away/);
  assert.equal(await Deno.readTextFile(join(memory, "notes.txt")), "mine");
  await Deno.remove(join(memory, "notes.txt"));
  await memlossDone(...args);
});

Deno.test("memloss memory verify and train --resume wait at no pipe, wherever one lies", async () => {
  const piped = await copyOfRun("piped");
  const resume = ["train", "--run-dir", piped, "--resume", "--data-dir", world.data];
  const verify = ["memory", "verify", piped];
  const files = [
    "recipe.json",
    "run.lock",
    "memory/index.kv",
    "memory/index.kv-wal",
    "memory/index.json",
    "memory/current.json",
    "memory/generation-0002/manifest.json",
    "memory/generation-0002/chunk-0000.bin",
    "checkpoints/epoch-002.safetensors",
  ];
  const resumed = [
    "metrics.jsonl",
    "checkpoints/committed.json",
    "memory/index.kv-shm",
    "memory/index.kv-journal",
  ];
  for (const file of [...files, ...resumed]) {
    const path = join(piped, file);
    await Deno.rename(path, `${path}.bak`).catch(() => {});
    await new Deno.Command("mkfifo", { args: [path] }).output();
    const { code, stderr } = await memloss(...resumed.includes(file) ? resume : verify);
    assert.equal(code, 1, file);
    assert.match(stderr, new RegExp(`${file} is a named pipe and not a file: move it away$`, "m"));
    await Deno.remove(path);
    await Deno.rename(`${path}.bak`, path).catch(() => {});
  }
  await memlossDone("memory", "verify", piped);
});

Deno.test("memloss memory export and stats --misclassified refuse training images that are others", async () => {
  const others = world.path("others");
  await copyFolder(world.data, others);
  const path = join(others, "data_batch_1.bin");
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.with(100, bytes[100]! ^ 1));
  const out = world.path("others.png");
  for (const args of [["export", run, "--out", out], ["stats", run, "--misclassified"]]) {
    const refused = await memloss("memory", ...args, "--data-dir", others);
    assertRefused(refused, 2, /belongs to other training images: check --data-dir/);
  }
  await assert.rejects(Deno.lstat(out), Deno.errors.NotFound);
});
