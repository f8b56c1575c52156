import assert from "node:assert/strict";
import { join } from "@std/path";
import { madeImages, madeNpz } from "../../format/arrays/made_npz.ts";
import { exportMemory } from "../../../src/upkeep/export_memory.ts";
import { importMemory } from "../../../src/upkeep/import_memory.ts";
import { readMemoryRun } from "../../../src/upkeep/memory_run.ts";
import { assertRefused, memloss, memlossDone } from "../memloss.ts";

Deno.test("memloss trains on a .npz file with auxiliary images, and says what they take", async () => {
  const folder = await Deno.makeTempDir(), run = join(folder, "run");
  const own = join(folder, "own.npz"), auxiliary = join(folder, "generated.npz");
  await Deno.writeFile(own, madeImages(40, 16, 2));
  await Deno.writeFile(auxiliary, madeImages(30, 16, 2));
  const train = [
    ...["train", "--data", "npz", "--data-dir", own, "--aux-data", auxiliary, "--backend", "wasm"],
    ...["--workers", "1", "--width", "1", "--epochs", "1", "--batch-size", "8", "--select", "none"],
    ...["--attack-steps", "1", "--run-dir", run],
  ];
  const dry = await memlossDone(...train, "--dry-run");
  assert.match(dry.stdout, /"auxFraction": 0\.7/);
  assert.match(dry.stderr, /0\.00 GiB of RAM for 30 auxiliary images/);
  assertRefused(
    await memloss(...train, "--attack-start", "memory"),
    2,
    /--attack-start memory would leave auxiliary images .* 1 steps from noise, not 10: /,
  );
  const { stderr } = await memlossDone(...train);
  assert.match(stderr, /v1 on npz with .*generated\.npz, 70 % of each batch, resnet18/);
  await memlossDone("memory", "verify", run);
  const evaluate = [
    "eval",
    run,
    "--backend",
    "wasm",
    "--workers",
    "1",
    "--attack",
    "clean",
    "--json",
  ];
  const { data, clean } = JSON.parse((await memlossDone(...evaluate)).stdout);
  assert.match(data.sha256, /^[0-9a-f]{64}$/);
  assert.deepEqual([{ ...data, sha256: "" }, clean.n], [
    { name: "npz", part: "test", n: 8, sha256: "" },
    8,
  ]);
  const moved = join(folder, "moved.npz"), there = ["--aux-data", moved];
  await Deno.rename(auxiliary, moved);
  const verified = await memlossDone("verify-run", run, ...there);
  assert.match(verified.stdout, /: 1 epoch trained again, .* are the same\.$/m);
  const stats = await memlossDone("memory", "stats", run, "--misclassified", ...there);
  assert.match(stats.stdout, /% misclassified/);
  const memoryRun = await readMemoryRun(run), out = join(folder, "memory.safetensors");
  await assert.rejects(exportMemory(memoryRun, { out }), /generated\.npz/);
  const { examples } = await exportMemory(memoryRun, { out, auxData: moved });
  await Deno.remove(join(run, "memory"), { recursive: true });
  assert.equal((await importMemory(memoryRun, out, { auxData: moved })).examples, examples);
  assertRefused(
    await memloss("train", "--recipe", join(run, "recipe.json"), "--data-dir", own, "--dry-run"),
    2,
    /By \S+recipe\.json, batches have auxiliary images: say where these are with --aux-data\.$/,
  );
  // What follows from the norm follows from the new one.
  const again = ["train", "--recipe", join(run, "recipe.json"), "--data-dir", own, ...there];
  const l2 = await memlossDone(...again, "--attack-norm", "l2", "--dry-run");
  const { threat, memory, auxFraction } = JSON.parse(l2.stdout);
  assert.deepEqual([threat.epsilon, memory.codec, auxFraction], [128 / 255, "f32", 0.7]);
  await Deno.writeFile(auxiliary, madeImages(30, 16, 2, 1));
  assertRefused(
    await memloss("train", "--run-dir", run, "--resume"),
    2,
    /training images are not those that .* was started on: check --data-dir and --aux-data\./,
  );
  assertRefused(
    await memloss("train", "--data", "synthetic", "--aux-fraction", "0.5"),
    2,
    /--aux-fraction has no meaning for a run without --aux-data\./,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("memloss data show says that images of one colour deviate by nothing", async () => {
  const file = await Deno.makeTempFile({ suffix: ".npz" }), shape = [20, 32, 32, 3];
  const arrays = {
    image: { shape, bytes: new Uint8Array(20 * 32 * 32 * 3).fill(3) },
    label: { shape: [20], bytes: Uint8Array.from({ length: 20 }, (_, i) => i % 2) },
  };
  await Deno.writeFile(file, madeNpz(arrays));
  const { stdout } = await memlossDone("data", "show", "npz", "--data-dir", file);
  const zeros = stdout.match(/deviations 0\.0000,0\.0000,0\.0000$/gm);
  assert.equal(zeros?.length, 2, stdout);
  await Deno.remove(file);
});
