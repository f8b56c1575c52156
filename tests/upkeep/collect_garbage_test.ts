import assert from "node:assert/strict";
import { join } from "@std/path";
import { collectGarbage } from "../../src/upkeep/collect_garbage.ts";
import { memlossDone } from "../cli/memloss.ts";
import { TinyWorld } from "../cli/tiny.ts";
import { generationFiles } from "../memory/support.ts";
import { snapshot } from "../testing/folder.ts";

let world: TinyWorld;
let run: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  await memlossDone(...world.trainArgs(run, "--variant", "v1", "--select", "none"));
});

Deno.test.afterAll(() => world.remove());

Deno.test("collectGarbage() removes what a killed process left and nothing else", async () => {
  const memory = join(run, "memory");
  const before = generationFiles(memory);
  await Deno.writeFile(
    join(memory, "generation-0002", "chunk-0001.bin.tmp-7"),
    new Uint8Array(5000),
  );
  await Deno.mkdir(join(memory, "generation-0003"));
  await Deno.mkdir(join(run, "eval"));
  const interrupted = "memory.tmp-12abcdef", mine = "memory.tmp";
  for (const name of [interrupted, mine]) {
    await Deno.mkdir(join(run, name, "generation-0001"), { recursive: true });
    await Deno.writeFile(join(run, name, "index.kv"), new Uint8Array(7000));
  }
  const torn = ["memory/index.json.tmp-12ab", "metrics.csv.tmp-12ab", "eval/last.n8.json.tmp-12ab"];
  const kept = ["eval/last.n9.json.tmp-34cd", "notes.tmp-12ab", "eval/notes.tmp-12ab"];
  for (const name of [...torn, ...kept]) {
    await Deno.writeTextFile(join(run, name), "{");
    if (name !== kept[0]) await Deno.utime(join(run, name), 1, 1); // that one is being written
  }
  const report = await collectGarbage(run);
  assert.ok(report.before - report.after >= 12_000, JSON.stringify(report));
  assert.deepEqual(generationFiles(memory), before);
  assert.deepEqual([...Deno.readDirSync(memory)].filter(({ name }) => name.endsWith("3")), []);
  const left = await snapshot(run);
  assert.ok(!left.has(interrupted));
  assert.ok(left.has(join(mine, "index.kv")), "moved there by somebody");
  for (const name of torn) assert.ok(!left.has(name), name);
  for (const name of kept) assert.ok(left.has(name), name);
});

Deno.test("collectGarbage() says how a lost current.json is made anew, and that there is no memory where there is none", async () => {
  const current = join(run, "memory", "current.json");
  await Deno.rename(current, join(run, "kept"));
  await assert.rejects(collectGarbage(run), {
    name: "RunError",
    message: /current\.json is missing beside generation-0002: make it anew with `.+ --rebuild`$/,
  });
  await Deno.rename(join(run, "kept"), current);
  await assert.rejects(collectGarbage(world.data), {
    name: "UsageError",
    message: /^There is no memory in .+data\/memory: /,
  });
});

Deno.test("collectGarbage() makes room before it opens the index, which takes some", async () => {
  const memory = join(run, "memory"), before = generationFiles(memory);
  const left = join(memory, "generation-0003");
  await Deno.mkdir(left);
  await Deno.writeFile(join(left, "chunk-0000.bin"), new Uint8Array(5000));
  await Deno.mkdir(join(memory, "index.kv-shm")); // cannot be opened, as on a full disk
  await assert.rejects(collectGarbage(run), { name: "RunError", message: /index\.kv/ });
  await Deno.remove(join(memory, "index.kv-shm"));
  assert.deepEqual(generationFiles(memory), before);
  await assert.rejects(Deno.stat(left), { name: "NotFound" });
});
