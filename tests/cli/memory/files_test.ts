/** `memloss memory stats|export|import` on a run of a second. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { decodeSafetensors, encodeSafetensors } from "../../../src/format/safetensors.ts";
import { channelsLast } from "../../../src/evaluate/adversarial_file.ts";
import { loadBatch } from "../../../src/data/batches.ts";
import { loadData } from "../../../src/data/sets/sets.ts";
import { TRAIN_FILES } from "../../data/made_cifar10.ts";
import { continueRun } from "../../../src/train/start.ts";
import { generationFiles } from "../../memory/support.ts";
import { copyFolder } from "../../testing/folder.ts";
import { startKvService } from "../../testing/kv_connect.ts";
import { deno, memloss, memlossDone } from "../memloss.ts";
import { TINY, TinyWorld } from "../tiny.ts";
import { SHAPE } from "../../testing/images.ts";

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

/** A copy of the run. */
async function copyOfRun(name: string): Promise<string> {
  await copyFolder(run, world.path(name));
  return world.path(name);
}

async function readExported() {
  return decodeSafetensors(await Deno.readFile(exported), exported);
}

Deno.test("memloss memory stats --misclassified says what share of x'' the model gets wrong", async () => {
  const args = ["memory", "stats", run, "--misclassified", "--data-dir", world.data];
  const { stdout } = await memlossDone(...args, "--json");
  const { generations: [generation], ages } = JSON.parse(stdout);
  assert.deepEqual(ages, [{ age: 0, images: TINY.train }]);
  const wrong = generation.misclassified * TINY.train;
  assert.equal(wrong, Math.round(wrong));

  // The same, of the exported images: shown to eval as attacks on test images that are the training images.
  const same = world.path("same");
  await copyFolder(world.data, same);
  const files = TRAIN_FILES.map((name) => Deno.readFileSync(join(same, name)));
  await Deno.writeFile(
    join(same, "test_batch.bin"),
    Uint8Array.from(files.flatMap((f) => [...f])),
  );
  const { tensors } = await readExported();
  const saved = new Map([["x_adv", tensors.get("x_mem")!], ["ids", tensors.get("ids")!]]);
  const file = world.path("x_mem.safetensors");
  const about = { data: "cifar10", norm: "linf", epsilon: "1" };
  await Deno.writeFile(file, encodeSafetensors(saved, about));
  const { stdout: checked } = await memlossDone(
    ...["eval", run, "--checkpoint", "last", "--verify-adv", file, "--data-dir", same, "--json"],
  );
  assert.equal(JSON.parse(checked).verified.correct, TINY.train - wrong);
  assert.match((await memlossDone(...args)).stdout, /\d+\.\d+ % misclassified/);
});

Deno.test("memloss memory export writes x'' within ε of its image, and a contact sheet", async () => {
  const { tensors, metadata } = await readExported();
  assert.deepEqual(metadata, {
    data: "cifar10",
    epoch: "2",
    codec: "int8",
    epsilon: String(8 / 255),
  });
  const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
  const n = TINY.train;
  assert.deepEqual(shapes, { x_mem: [n, 3, 32, 32], y: [n], ids: [n], views: [n, 3] });
  assert.deepEqual(Array.from(tensors.get("ids")!.data, Number).sort((a, b) => a - b), [
    ...Array(n).keys(),
  ]);

  const out = world.path("memory.png");
  const args = ["memory", "export", run, "--out", out, "--n-ex", "12", "--data-dir", world.data];
  assert.match(
    (await memlossDone(...args)).stdout,
    /^12 examples of epoch 2 are in .*memory\.png$/m,
  );
  const png = await Deno.readFile(out);
  const header = new DataView(png.buffer);
  // Ten columns, two bands of three rows, a pixel between neighbours.
  assert.deepEqual([header.getUint32(16), header.getUint32(20)], [10 * 33 - 1, 6 * 33 - 1]);
});

Deno.test("memloss memory import gives a run that lost its memory the same bytes back", async () => {
  const lost = await copyOfRun("lost");
  const memory = join(lost, "memory");
  const before = generationFiles(memory);
  const args = ["memory", "import", lost, exported, "--data-dir", world.data];
  const refused = await memloss(...args);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /holds a memory: move it away if it is to be replaced/);
  assert.deepEqual(generationFiles(memory), before);

  await Deno.remove(memory, { recursive: true });
  const resume = ["train", "--run-dir", lost, "--resume", "--data-dir", world.data];
  assert.match((await memloss(...resume)).stderr, /memory is empty: restore it/);
  assert.match((await memlossDone(...args)).stdout, /^20 examples are the memory of epoch 2/);
  assert.deepEqual(generationFiles(memory), before);
  assert.equal((await memlossDone("memory", "verify", lost)).code, 0);
  await memlossDone(...resume);
});

Deno.test("memloss memory import takes a part of a memory, says so, and the run goes on with it", async () => {
  const constant = world.path("constant"), out = world.path("part.safetensors");
  const flags = ["--variant", "v1", "--select", "none", "--schedule", "constant"];
  await memlossDone(...world.trainArgs(constant, ...flags));
  const data = ["--data-dir", world.data];
  await memlossDone("memory", "export", constant, "--out", out, "--n-ex", "12", ...data);
  await Deno.remove(join(constant, "memory"), { recursive: true });
  const { stdout } = await memlossDone("memory", "import", constant, out, ...data);
  assert.match(
    stdout,
    /^12 examples .*; the other 8 of 20 images that the run trains on have none: /,
  );
  await memlossDone("train", "--run-dir", constant, "--resume", "--epochs", "3", ...data);
  const counted = /20 examples \(100\.00 % of the images\)/;
  assert.match((await memlossDone("memory", "stats", constant)).stdout, counted);
});

Deno.test("memloss memory import puts examples into the frame of the image where the run keeps them there", async () => {
  const realigned = world.path("realigned");
  const flags = ["--variant", "v1", "--select", "none", "--memory-view", "realigned"];
  await memlossDone(...world.trainArgs(realigned, ...flags));
  await Deno.remove(join(realigned, "memory"), { recursive: true });
  await memlossDone("memory", "import", realigned, exported, "--data-dir", world.data);
  const out = world.path("realigned.safetensors");
  await memlossDone("memory", "export", realigned, "--out", out, "--data-dir", world.data);
  const { tensors } = decodeSafetensors(await Deno.readFile(out), out);
  const before = (await readExported()).tensors;
  assert.ok(before.get("views")!.data.some((value, i) => i % 3 < 2 && value !== 4));
  assert.deepEqual([...tensors.get("views")!.data], Array(TINY.train).fill([4, 4, 0]).flat());
  // Still within ε of the training image itself.
  const { x } = loadBatch(
    (await loadData("cifar10", world.data, 1)).train,
    Uint32Array.from(tensors.get("ids")!.data, Number),
  );
  const images = channelsLast(tensors.get("x_mem")!.data as Float32Array, SHAPE);
  const largest = images.reduce((most, value, i) => Math.max(most, Math.abs(value - x[i]!)), 0);
  assert.ok(largest > 0 && largest <= 8 / 255 + 1e-6, `${largest}`);
});

Deno.test("memloss keeps a memory's index in a KV Connect service, and reads it there", async () => {
  Deno.env.set("DENO_KV_ACCESS_TOKEN", "anything");
  await using service = startKvService();
  const remote = ["--memory-index", service.url];
  const allowed = ["--allow-net=127.0.0.1", "--allow-env=DENO_KV_ACCESS_TOKEN"];
  const program = async (...args: string[]) => {
    const run = ["run", "--no-prompt", "-P=memloss", ...allowed, "src/main.ts", ...args];
    const { code, stdout, stderr } = await deno(...run);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const elsewhere = world.path("elsewhere");
  await program(...world.trainArgs(elsewhere, "--variant", "v1", "--select", "none", ...remote));
  const memory = join(elsewhere, "memory");
  assert.deepEqual(generationFiles(memory), generationFiles(join(run, "memory")));
  assert.ok(![...Deno.readDirSync(memory)].some(({ name }) => name === "index.kv"));
  await program("train", "--run-dir", elsewhere, "--resume", "--data-dir", world.data, ...remote);

  for (const [where, place] of [[elsewhere, `${service.url}/`], [run, "in its folder"]]) {
    const other = "http://127.0.0.1:9/";
    await assert.rejects(
      continueRun(where!, { given: { dataDir: world.data, memory: { index: other } } }),
      {
        name: "UsageError",
        message:
          `--memory-index ${other} is not where the memory of ${where} has its index, which is ${place}: resume without ` +
          `it, or move the index there first with \`memloss memory verify ${where} --rebuild --memory-index ${other}\`.`,
      },
    );
  }
  const counted = /20 examples \(100\.00 % of the images\)/;
  assert.match(await program("memory", "stats", elsewhere, ...remote), counted);
  assert.match((await memlossDone("memory", "stats", elsewhere)).stdout, counted);
  const whole = `commit 2: 1 generation(s), 1 chunk(s), ${TINY.train} record(s)`;
  assert.equal((await program("memory", "verify", elsewhere, ...remote)).trim(), whole);
  assert.match((await memlossDone("memory", "verify", elsewhere)).stdout, /index was not read/);
  assert.match(await program("memory", "gc", elsewhere), /are left of/);
  service.values.clear();
  assert.match(await program("memory", "verify", elsewhere, "--rebuild", ...remote), /made anew/);
  const { code, stderr } = await memloss("memory", "verify", elsewhere, "--rebuild");
  assert.equal(code, 2);
  assert.match(stderr, /is not in its folder: add --memory-index http:/);
  assert.match(
    (await memloss("memory", "stats", elsewhere, "--memory-index", "here")).stderr,
    /--memory-index must be an http or https address/,
  );
});

Deno.test("memloss memory says which flags and files an action takes", async () => {
  for (
    const [args, message] of [
      [["memory"], /Say what to do with which memory/],
      [
        ["memory", "import", run],
        /FILE\.safetensors is missing: memloss memory import RUN_DIR FILE\.safetensors/,
      ],
      [["memory", "stats", run, "more"], /Unexpected argument "more"/],
      [["memory", "gc", run, "--rebuild"], /--rebuild has no meaning for memloss memory gc/],
      [["memory", "export", run], /Say where to: --out FILE/],
      [["memory", "export", run, "--out", "x.jpg"], /Say where to: --out FILE/],
      [
        ["memory", "export", run, "--out", "x.png", "--epoch", "1", "--data-dir", world.data],
        /holds epoch 2, not epoch 1/,
      ],
    ] as [string[], RegExp][]
  ) {
    const { code, stderr } = await memloss(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});
