import assert from "node:assert/strict";
import { join } from "@std/path";
import { copyFolder, snapshot } from "../../testing/folder.ts";
import { startDeno } from "../../testing/program.ts";
import { memloss, memlossDone, ROOT } from "../memloss.ts";
import { TINY, TinyWorld } from "../tiny.ts";

let world: TinyWorld;
let run: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  await memlossDone(...world.trainArgs(run, "--variant", "v1", "--select", "none"));
});

Deno.test.afterAll(() => world.remove());

/** A copy of the run, to be damaged. */
async function copyOfRun(name: string): Promise<string> {
  await copyFolder(run, world.path(name));
  return world.path(name);
}

async function flip(path: string, position: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.with(position, bytes[position]! ^ 16));
}

Deno.test("memloss memory verify reads everything and changes nothing", async () => {
  const before = await snapshot(run);
  const { stdout } = await memlossDone("memory", "verify", run);
  assert.equal(stdout.trim(), `commit 2: 1 generation(s), 1 chunk(s), ${TINY.train} record(s)`);
  const { stdout: json } = await memlossDone("memory", "verify", run, "--json");
  const counts = { commit: 2, generations: 1, chunks: 1, records: TINY.train };
  assert.deepEqual(JSON.parse(json), { ...counts, index: true, rebuilt: false, damage: [] });
  assert.deepEqual(await snapshot(run), before);
});

Deno.test("memloss memory verify lists what is damaged and ends with 1", async () => {
  const damaged = await copyOfRun("damaged");
  const chunk = join(damaged, "memory", "generation-0002", "chunk-0000.bin");
  const checkpoint = join(damaged, "checkpoints", "epoch-002.safetensors");
  await flip(chunk, 128 + 3 * 3084 + 100);
  await flip(checkpoint, 5000);
  const { code, stdout, stderr } = await memloss("memory", "verify", damaged);
  assert.equal(code, 1);
  assert.match(stderr, /^error: The memory of .*damaged is damaged in 2 places: /);
  const [, first, second] = stdout.split("\n");
  assert.match(first!, /Record 3 of .*chunk-0000\.bin does not match its checksum \(image \d+\)$/);
  assert.match(second!, /epoch-002\.safetensors is not the checkpoint that was committed$/);
  const { damage } = JSON.parse((await memloss("memory", "verify", damaged, "--json")).stdout);
  assert.deepEqual(damage.map(({ file }: { file: string }) => file), [chunk, checkpoint]);
  assert.deepEqual([damage[0].record, typeof damage[0].image], [3, "number"]);
  // Nothing is continued from a damaged checkpoint.
  const resumed = await memloss(
    "train",
    "--run-dir",
    damaged,
    "--resume",
    "--data-dir",
    world.data,
  );
  assert.equal(resumed.code, 2);
  assert.match(resumed.stderr, /epoch-002\.safetensors is damaged/);
});

Deno.test("memloss memory verify --rebuild makes a lost index anew", async () => {
  const lost = await copyOfRun("lost");
  await Deno.remove(join(lost, "memory", "index.kv"));
  const resume = ["train", "--run-dir", lost, "--resume", "--data-dir", world.data];
  const refused = await memloss(...resume);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /has lost its index .*index\.kv: .*`.*deno\S* task memloss memory verify .* --rebuild`/,
  );
  const { code, stderr } = await memloss("memory", "verify", lost);
  assert.equal(code, 1);
  assert.match(stderr, /is damaged in 1 place: add --rebuild to make what is named anew\.$/);
  const { stdout } = await memlossDone("memory", "verify", lost, "--rebuild");
  assert.match(stdout, /the index was made anew/);
  const { stdout: again } = await memlossDone("memory", "verify", lost, "--rebuild");
  assert.doesNotMatch(again, /anew/);
  await memlossDone(...resume);
});

Deno.test("memloss memory reads a run that it may not write", async () => {
  const readable = await copyOfRun("readable");
  await new Deno.Command("chmod", { args: ["-R", "a-w", readable] }).output();
  const before = await snapshot(readable);
  const reader = (...args: string[]) =>
    startDeno(["run", "--no-prompt", "--allow-read", "src/main.ts", ...args], ROOT).ended;
  for (const action of ["stats", "verify"]) {
    const { code, stdout, stderr } = await reader("memory", action, readable);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`${TINY.train} (?:training images|record)`));
  }
  const { code, stderr } = await reader("memory", "verify", readable, "--rebuild");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^error: Could not lock .*run\.lock: this task was not given that permission$/m,
  );
  assert.deepEqual(await snapshot(readable), before);
  await new Deno.Command("chmod", { args: ["-R", "u+w", readable] }).output();
});
