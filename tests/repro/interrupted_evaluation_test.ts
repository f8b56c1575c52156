import assert from "node:assert/strict";
import { join } from "@std/path";
import { startProgram } from "../testing/program.ts";
import { finish, inRunFolder, startRun } from "./support.ts";

Deno.test("memloss eval stops at Ctrl-C, with exit code 130 and without a report", () =>
  inRunFolder(async (runDir) => {
    await using training = startRun(runDir, "--variant=standard", "--epochs=1", "--limit-train=8");
    await finish(training);
    const flags = ["--attack=pgd20", "--batch-size=8", "--n-ex=1024"]; // minutes, if it were let
    await using evaluation = startProgram(["eval", runDir, ...flags]);
    await new Promise((resolve) => setTimeout(resolve, 4000)); // past its start, far from its end
    evaluation.kill("SIGINT");
    const { code, stdout, stderr } = await evaluation.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /^Stopped during the evaluation\.$/m);
    assert.equal(stdout, "");
    await assert.rejects(Deno.stat(join(runDir, "eval")), Deno.errors.NotFound);
  }));
