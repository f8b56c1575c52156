import assert from "node:assert/strict";
import { join } from "@std/path";
import { madeImages } from "../../format/arrays/made_npz.ts";
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
