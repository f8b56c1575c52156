import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  finish,
  inRunFolder,
  readLog,
  resultOf,
  resumeRun,
  startRun,
  untilStep,
} from "./support.ts";

/** One epoch of two steps; the evaluation after them takes a second or more. */
const FLAGS = [
  "--variant=v1",
  "--attack-steps=1",
  "--epochs=1",
  "--limit-train=16",
  "--select=test",
  "--limit-test=192",
];

Deno.test("a run stopped by Ctrl-C while it evaluates saves the epoch's steps and ends as if it had not been", () =>
  inRunFolder((undisturbed) =>
    inRunFolder(async (runDir) => {
      await using reference = startRun(undisturbed, ...FLAGS);
      await finish(reference);
      await using process = startRun(runDir, ...FLAGS);
      await untilStep(process, runDir, 1, 2);
      await new Promise((resolve) => setTimeout(resolve, 100)); // into the evaluation
      process.kill("SIGINT");
      const { code, stderr } = await process.ended;
      assert.equal(code, 130, stderr);
      assert.match(stderr, /^Stopped in epoch 1 after step 2; everything so far is saved\.$/m);
      const log = await readLog(runDir);
      assert.equal(log.at(-1)!.kind, "step", "it went on to the end of the epoch");
      const last = await Deno.readLink(join(runDir, "checkpoints", "last"));
      assert.equal(last, "epoch-001.step-2.safetensors");

      await finish(resumeRun(runDir));
      const expected = await resultOf(undisturbed);
      assert.deepEqual(await resultOf(runDir), expected);
      assert.ok("checkpoints/best" in expected.files);
    })
  ));
