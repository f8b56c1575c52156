/** Files that a user asks for by name never cost another file. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { copyFolder, snapshot } from "../testing/folder.ts";
import { assertRefused, memloss, memlossDone } from "./memloss.ts";
import { TinyWorld } from "./tiny.ts";

let world: TinyWorld;
let run: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  await memlossDone(...world.trainArgs(run, "--select", "none", "--epochs", "1"));
});
Deno.test.afterAll(() => world.remove());

const ATTACK = [
  ...["--attack", "autoattack", "--attack-version", "custom", "--attacks-to-run", "apgd-ce"],
  ...["--n-ex", "2"],
];

/** Runs `memloss ARGS…`, which must be refused with `sentence` and leave every file of the tests as it was. */
async function refused(args: readonly string[], sentence: RegExp): Promise<void> {
  const before = await snapshot(world.directory);
  assertRefused(await memloss(...args), 2, sentence);
  assert.deepEqual(await snapshot(world.directory), before);
}

Deno.test("memloss eval --save-adv, memory export --out and data show --out refuse what they read and what a run owns", async () => {
  const checkpoint = join(run, "checkpoints", "epoch-001.safetensors");
  const current = join(run, "memory", "current.json");
  const weights = world.path("weights.safetensors");
  await Deno.copyFile(checkpoint, weights);
  const ofWeights = ["eval", weights, "--data-dir", world.data, "--backend", "wasm", ...ATTACK];
  const read = /--save-adv .+ would overwrite what is being read: name another file\.$/;
  await refused([...ofWeights, "--save-adv", weights], read);
  await refused([...ofWeights, "--save-adv", weights, "--overwrite"], read);
  await refused(["eval", run, ...ATTACK, "--save-adv", checkpoint], read);
  for (
    const own of [current, join(run, "checkpoints", "mine.safetensors"), join(run, "metrics.csv")]
  ) {
    await refused(
      ["eval", run, ...ATTACK, "--save-adv", own],
      /--save-adv .+ belongs to the run in .+run: name another file\.$/,
    );
  }
  await refused(
    ["eval", run, ...ATTACK, "--save-adv", join(world.path("absent"), "a.safetensors")],
    /--save-adv: there is no folder .+absent: make it first\.$/,
  );
  const export_ = ["memory", "export", run, "--data-dir", world.data, "--out"];
  await refused(
    [...export_, checkpoint],
    /--out .+ belongs to the run in .+run: name another file\.$/,
  );
  await refused(
    [...export_, weights],
    /--out .+ is there already and is not a safetensors file with x_mem: name another file, or add --overwrite\.$/,
  );
  const sheet = world.path("thesis.png");
  await Deno.writeTextFile(sheet, "years of work");
  const show = ["data", "show", "synthetic", "--out"];
  await refused([...show, sheet], /is not a PNG picture: name another file, or add --overwrite\.$/);
  await memlossDone(...show, sheet, "--n-ex", "4", "--overwrite");
  await memlossDone(...show, sheet, "--n-ex", "4");
  await memlossDone(...export_, weights, "--overwrite");
  await memlossDone(...export_, weights);
});

Deno.test("memloss eval --state-dir keeps to a folder of its own, in whatever folder it is given", async () => {
  const copy = world.path("copy");
  await copyFolder(run, copy);
  const foreign = world.path("foreign");
  await Deno.mkdir(foreign);
  await Deno.writeTextFile(join(foreign, "thesis.tex"), "years of work");
  const before = await snapshot(copy), others = await snapshot(foreign);
  for (const stateDir of [copy, foreign]) {
    await memlossDone("eval", copy, ...ATTACK, "--state-dir", stateDir);
  }
  const after = await snapshot(copy);
  for (const [name, content] of before) assert.equal(after.get(name), content, name);
  assert.deepEqual(await snapshot(foreign), others);
});
