import assert from "node:assert/strict";
import { join } from "@std/path";
import { decodeRunRecord } from "../../../src/run/run_record.ts";
import { assertRefused, memloss, memlossDone } from "../memloss.ts";
import { TINY, TinyWorld } from "../tiny.ts";

let world: TinyWorld;
/** A run, and its recipe. */
let run: string, recipe: string;

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  run = world.path("run");
  recipe = join(run, "recipe.json");
  const flags = ["--variant", "v2", "--beta", "2.5", "--seed", "9", "--select", "none"];
  await memlossDone(...world.trainArgs(run, ...flags));
});
Deno.test.afterAll(() => world.remove());

Deno.test("memloss train --recipe makes the same run elsewhere, with the changes that are asked for", async () => {
  const again = world.path("again"), data = ["--data-dir", world.data];
  const { stderr } = await memlossDone(
    "train",
    "--recipe",
    recipe,
    "--run-dir",
    again,
    ...data,
    "--quiet",
  );
  assert.equal(stderr, "");
  const checkpoint = (folder: string) =>
    Deno.readFile(join(folder, "checkpoints", "epoch-002.safetensors"));
  assert.deepEqual(await checkpoint(again), await checkpoint(run));

  const changed = ["--epochs", "1", "--run-dir", world.path("changed")];
  await memlossDone("train", "--recipe", recipe, ...data, ...changed);
  const path = world.path("changed", "recipe.json");
  const record = decodeRunRecord(await Deno.readTextFile(path), path);
  assert.deepEqual([record.recipe.epochs, record.recipe.beta, record.recipe.seed], [1, 2.5, 9]);
});

Deno.test("memloss train --dry-run prints the recipe, says what it takes, and does nothing", async () => {
  const place = world.path("nowhere", "run");
  const dryInto = (
    place: string,
  ) => ["--recipe", run, "--data-dir", world.data, "--run-dir", place, "--dry-run"];
  const dry = dryInto(place);
  const { stdout, stderr } = await memlossDone("train", ...dry, "--quiet");
  const { variant, beta, epochs, batchSize, dataDir } = JSON.parse(stdout);
  assert.deepEqual([variant, beta, epochs, batchSize, dataDir], ["v2", 2.5, 2, 8, world.data]);
  assert.match(
    stderr,
    /^It would take about a minute on wasm .* images\/s, [\d.]+ GiB of disk in .*nowhere\/run \([\d.]+ GiB are free\)\.$/m,
  );
  await assert.rejects(Deno.stat(world.path("nowhere")), Deno.errors.NotFound);
  // What was said stays; what followed from the variant follows from this one.
  const loud = await memlossDone("train", ...dry, "--variant", "v1");
  assert.match(loud.stderr, /^reading the images\nmeasuring a few steps\n/m);
  const other = JSON.parse(loud.stdout);
  assert.deepEqual([other.variant, other.beta, other.betaPrime], ["v1", 2.5, 2]);

  assertRefused(await memloss("train", ...dryInto(run)), 2, /run is not empty/);
  assertRefused(
    await memloss("train", "--resume", "--run-dir", run, "--dry-run"),
    2,
    /^error: --dry-run has no meaning with --resume/,
  );
  assertRefused(await memloss("train", "--recipe", world.data), 2, /data is not a run folder: /);
  const own = [
    "--recipe",
    "memloss-best",
    "--awp",
    "0",
    "--width",
    "1",
    "--data-dir",
    world.data,
    "--run-dir",
    place,
  ];
  const { optimiser } = JSON.parse((await memlossDone("train", ...own, "--dry-run")).stdout);
  assert.deepEqual([optimiser.average, optimiser.awp, optimiser.awpWarmup], [
    "ema",
    undefined,
    undefined,
  ]);
  assertRefused(
    await memloss("train", ...dry, "--variant", "standard"),
    2,
    /--beta has no meaning for --variant standard\. Change the flags, or a copy of \S+recipe\.json\.$/,
  );
});

Deno.test("memloss doctor --recipe measures what a run would take here", async () => {
  const { stdout } = await memlossDone(
    "doctor",
    "--recipe",
    recipe,
    "--data-dir",
    world.data,
    "--json",
  );
  const { run, disk, data } = JSON.parse(stdout);
  assert.ok(data.cifar10 && run.imagesPerSecond > 0 && disk.freeBytes > 0);
  assert.equal(run.measuredOn, "cifar10");
  // The images that are there, twice.
  assert.ok(Math.abs(run.seconds * run.imagesPerSecond - 2 * TINY.train) < 1, `${run.seconds}`);
  const none = ["--recipe", recipe, "--data-dir", world.path("none"), "--json"];
  const { run: whole } = JSON.parse((await memlossDone("doctor", ...none)).stdout);
  assert.equal(whole.measuredOn, "synthetic");
  // All of CIFAR-10, twice.
  assert.ok(Math.abs(whole.seconds * whole.imagesPerSecond - 2 * 50_000) < 1, `${whole.seconds}`);
  const { stdout: text } = await memlossDone(
    "doctor",
    "--recipe",
    recipe,
    "--data-dir",
    world.path("none"),
  );
  assert.match(text, /^run {5}.*recipe\.json: about .* images\/s/m);
});
