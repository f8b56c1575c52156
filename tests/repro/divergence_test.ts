import assert from "node:assert/strict";
import { join } from "@std/path";
import { snapshot } from "../testing/folder.ts";
import { errorsOf, inRunFolder, readLog, resumeRun, startRun } from "./support.ts";

/** Weight decay alone multiplies the weights by some thousands a step: float32 holds that for one epoch, not for two. */
const FLAGS = [
  "--variant=v1",
  "--attack-steps=1",
  "--limit-train=16",
  "--schedule=cosine",
  "--lr=1e8",
];

Deno.test("a run whose loss is not finite shows the terms, fails, and keeps the last good checkpoint", () =>
  inRunFolder(async (runDir) => {
    const kept = async () =>
      [...await snapshot(runDir)].filter(([path]) => path.startsWith("checkpoints/"));
    const messages: string[] = [];
    const checkpoints: unknown[] = [];
    for (const start of [() => startRun(runDir, ...FLAGS), () => resumeRun(runDir)]) {
      await using process = start();
      const { code, stderr } = await process.ended;
      assert.equal(code, 1, stderr);
      messages.push(...errorsOf(stderr));
      checkpoints.push(await kept());
    }
    const { epoch, step } = (await readLog(runDir)).at(-1)!;
    assert.equal(epoch, 2);
    assert.match(
      messages[0]!,
      new RegExp(
        `^error: The loss is not finite in epoch 2, step ${step! + 1} ` +
          String.raw`\(loss NaN, ce \S+, kl \S+, memory \S+\): ` +
          "the last checkpoint is kept; try a lower --lr than \\S+\\.$",
      ),
    );
    assert.deepEqual(messages, [messages[0], messages[0]], "resumed, it fails the same way");
    assert.deepEqual(checkpoints[1], checkpoints[0]);
    assert.equal(
      await Deno.readLink(join(runDir, "checkpoints", "last")),
      "epoch-001.safetensors",
    );
  }));
