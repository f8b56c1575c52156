import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../src/format/safetensors.ts";
import { readCommittedCheckpoints } from "../../src/run/checkpoints.ts";
import { continueRun } from "../../src/train/start.ts";
import { exportMemory } from "../../src/upkeep/export_memory.ts";
import { importMemory } from "../../src/upkeep/import_memory.ts";
import { readMemoryRun } from "../../src/upkeep/memory_run.ts";
import { memlossDone } from "../cli/memloss.ts";
import { TinyWorld } from "../cli/tiny.ts";
import { copyFolder } from "../testing/folder.ts";

let world: TinyWorld;
let run: string;
let exported: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  const flags = [
    "--variant",
    "v1",
    "--select",
    "none",
    "--memory-age",
    "2",
    "--schedule",
    "constant",
  ];
  const starts = ["--attack-start", "memory", "--attack-steps", "1", "--first-steps", "3"];
  await memlossDone(...world.trainArgs(run, ...flags, ...starts));
  exported = world.path("memory.safetensors");
  await exportMemory(await readMemoryRun(run), { out: exported, dataDir: world.data });
});

Deno.test.afterAll(() => world.remove());

Deno.test("importMemory() refuses files that are not a memory of its images and its last epoch, and leaves nothing", async () => {
  await Deno.remove(join(run, "memory"), { recursive: true });
  const lost = await readMemoryRun(run), place = { dataDir: world.data };
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(exported), exported);
  const bad = world.path("bad.safetensors");
  const attempt = async (
    change: (tensors: Map<string, SafeTensor>) => void,
    message: RegExp,
    about: Record<string, string> = metadata,
  ) => {
    const changed = new Map(
      [...tensors].map((
        [name, each],
      ) => [name, { ...each, data: each.data.slice() } as SafeTensor]),
    );
    change(changed);
    await Deno.writeFile(bad, encodeSafetensors(changed, about));
    await assert.rejects(importMemory(lost, bad, place), { name: "UsageError", message });
    const left = await Array.fromAsync(Deno.readDir(run));
    assert.ok(!left.some(({ name }) => /^memory/.test(name)));
  };
  const set = (name: string, at: number, value: number) => (all: Map<string, SafeTensor>) => {
    all.get(name)!.data[at] = value;
  };
  await attempt((all) => all.delete("ids"), /it needs x_mem and ids/);
  await attempt(set("ids", 3, 20), /cifar10 has no training image 20/);
  await attempt(
    (all) => set("ids", 3, all.get("ids")!.data[4] as number)(all),
    /an image comes twice/,
  );
  await attempt(set("x_mem", 5, NaN), /image \d+ leaves \[0,1\]/);
  await attempt(set("views", 0, 9), /views is not \[N,3\]/);
  await attempt(set("views", 2, 2), /views is not \[N,3\]/);
  await attempt(
    (all) => (all.get("x_mem")!.data as Float32Array).fill(0.5),
    /does not belong to this run: its example of image \d+ is/,
  );
  await attempt(() => {}, /its images are cifar100's, not cifar10's/, { data: "cifar100" });
  await attempt(
    () => {},
    /bad\.safetensors holds examples of epoch "1", and .+run stands behind epoch 2: import those of epoch 2\.$/,
    { ...metadata, epoch: "1" },
  );
  const none = { name: "UsageError", message: /^.+none does not exist\.$/ };
  await assert.rejects(importMemory(lost, world.path("none"), place), none);
  const folder = { name: "UsageError", message: /^.+data is a folder\.$/ };
  await assert.rejects(importMemory(lost, world.data, place), folder);
});

Deno.test("importMemory() leaves a linked memory alone, wherever the link leads", async () => {
  const lost = await readMemoryRun(run), memory = join(run, "memory");
  const elsewhere = world.path("disk");
  for (const there of [false, true]) {
    if (there) await Deno.mkdir(elsewhere);
    await Deno.symlink(elsewhere, memory);
    await assert.rejects(importMemory(lost, exported, { dataDir: world.data }), {
      name: "UsageError",
      message: /memory is a link, .+: take the link away, import, and move the folder to where/,
    });
    assert.equal(await Deno.readLink(memory), elsewhere);
    await Deno.remove(memory);
  }
});

Deno.test("importMemory() measures examples of a run in L2 by their length", async () => {
  const lost = await readMemoryRun(run), place = { dataDir: world.data };
  const within = (epsilon: number) => {
    const recipe = { ...lost.recipe, threat: { norm: "l2", epsilon } as const };
    return importMemory({ ...lost, recipe }, exported, place);
  };
  // Each value is within 8/255; √3072 of these are 1.74.
  await assert.rejects(within(0.5), {
    name: "UsageError",
    message: /its example of image \d+ is [01]\.\d+ from it, more than 0\.5\.$/,
  });
  const { asLeft } = await within(1.75);
  assert.equal(asLeft, false, "made for another ball");
  await Deno.remove(join(run, "memory"), { recursive: true });
});

Deno.test("importMemory() says of which earlier epochs the memory has lost the examples", async () => {
  const { epoch, asLeft, age, missing } = await importMemory(await readMemoryRun(run), exported, {
    dataDir: world.data,
  });
  assert.deepEqual([epoch, asLeft, age, missing], [2, true, 2, [1]]);
});

Deno.test("continueRun() gives attacks their first steps where an imported memory lacks the epoch that they would begin at", async () => {
  const longer = world.path("longer");
  await copyFolder(run, longer);
  const recipe = JSON.parse(await Deno.readTextFile(join(run, "recipe.json")));
  assert.equal(recipe.recipe.attack.steps, 1);
  recipe.recipe.attack.steps = 3;
  await Deno.writeTextFile(join(longer, "recipe.json"), JSON.stringify(recipe));
  const tensors = [];
  for (const each of [run, longer]) {
    await continueRun(each, { given: { epochs: 3 } });
    tensors.push((await readCommittedCheckpoints(each))!.epochs!.at(-1)!.tensors);
  }
  assert.equal(tensors[0], tensors[1]);
});
