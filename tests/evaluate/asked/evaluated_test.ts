import assert from "node:assert/strict";
import { join } from "@std/path";
import { readEvaluated } from "../../../src/evaluate/asked/evaluated.ts";
import { startRun } from "../../../src/train/start.ts";
import { madeNpz } from "../../format/arrays/made_npz.ts";

Deno.test("readEvaluated() refuses corruptions of grey images before anything else is measured", async () => {
  const folder = await Deno.makeTempDir();
  const dataDir = join(folder, "grey.npz"), run = join(folder, "run");
  const n = 8, size = 8;
  const image = { shape: [n, size, size, 1], bytes: new Uint8Array(n * size * size) };
  const label = { shape: [n], bytes: Uint8Array.from({ length: n }, (_, i) => i % 2) };
  await Deno.writeFile(dataDir, madeNpz({ image, label }));
  const tiny = { data: "npz", dataDir, width: 1, epochs: 1, select: "none" } as const;
  await startRun({ variant: "standard", backend: "wasm", ...tiny }, run);
  assert.equal((await readEvaluated(run, {})).test.shape.channels, 1);
  await assert.rejects(readEvaluated(run, { attacks: ["autoattack"], corruptions: ["fog"] }), {
    name: "UsageError",
    message: "Corruptions are made for images of three channels, not 8×8×1.",
  });
  await Deno.remove(folder, { recursive: true });
});
