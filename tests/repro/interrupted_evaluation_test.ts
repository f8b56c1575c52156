import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Process, runProgram, startProgram } from "../testing/program.ts";
import { finish, inRunFolder, startRun } from "./support.ts";

Deno.test("memloss eval stops at Ctrl-C, with exit code 130 and without a report", () =>
  inRunFolder(async (runDir) => {
    await using training = startRun(runDir, "--variant=standard", "--epochs=1", "--limit-train=8");
    await finish(training);
    const flags = ["--attack=pgd500", "--batch-size=8", "--workers=1"]; // half a minute, if it were let
    await using evaluation = startProgram(["eval", runDir, ...flags]);
    await untilItCatchesInterrupts(evaluation);
    evaluation.kill("SIGINT");
    const { code, stdout, stderr } = await evaluation.ended;
    assert.equal(code, 130, stderr);
    // No step of training is waited for here, nor where kernels are timed or data downloaded.
    assert.match(
      stderr,
      /^Stopping at the next safe place\.$[^]*^Stopped during the evaluation\.$/m,
    );
    assert.equal(stdout, "");
    await assert.rejects(Deno.stat(join(runDir, "eval")), Deno.errors.NotFound);
  }));

Deno.test("memloss eval --attack autoattack killed again and again ends with the same report, but for the times", () =>
  inRunFolder(async (runDir) => {
    await using training = startRun(
      runDir,
      "--variant=standard",
      "--width=2", // of width 1 every rectifier may die, and then no image is worth an attack
      "--lr=0.02",
      "--epochs=6",
    );
    await finish(training);
    const state = `${runDir}.state`;
    const args = (name: string) => [
      ...["eval", runDir, "--checkpoint=last", "--attack=clean,autoattack", "--json"],
      "--workers=1", // other threads would only wait
      ...["--attack-version=custom", "--attacks-to-run=apgd-ce,apgd-dlr"],
      ...["--n-ex=16", "--batch-size=8", "--attack-eps=2/255", `--state-dir=${state}-${name}`],
      `--save-adv=${runDir}.${name}.safetensors`,
    ];
    const whole = await runProgram(args("whole"));
    assert.equal(whole.code, 0, whole.stderr);

    let kills = 0;
    for (let verdicts = 2;; verdicts += 5) {
      await using evaluation = startProgram(args("killed"));
      if (await untilVerdicts(evaluation, `${state}-killed`, verdicts)) {
        evaluation.kill("SIGKILL");
        await evaluation.ended;
        kills++;
        continue;
      }
      const { code, stdout, stderr } = await evaluation.ended;
      assert.equal(code, 0, stderr);
      assert.equal(withoutTimes(stdout), withoutTimes(whole.stdout));
      break;
    }
    assert.ok(kills >= 2, `${kills} kills`);
    const images = (name: string) => Deno.readFile(`${runDir}.${name}.safetensors`);
    assert.deepEqual(await images("killed"), await images("whole"));
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${state}-killed`)), []);
  }));

/** Waits until Ctrl-C no longer ends `process` at once; on systems without /proc, for as long as a start may take. */
async function untilItCatchesInterrupts(process: Process): Promise<void> {
  const SIGINT = 1n << 1n; // signal 2 in the kernel's mask
  const patience = performance.now() + 10_000;
  while (process.running() && performance.now() < patience) {
    // Deno lets nobody without all permissions read /proc; another program may.
    const args = ["SigCgt", `/proc/${process.pid}/status`];
    const { stdout } = await new Deno.Command("grep", { args, stderr: "null" }).output();
    const caught = new TextDecoder().decode(stdout).split(":")[1]?.trim() ?? "0";
    const catches = (BigInt(`0x${caught}`) & SIGINT) !== 0n;
    // Deno takes note of the listener a moment after the kernel, and ends by itself in between.
    await new Promise((resolve) => setTimeout(resolve, catches ? 200 : 20));
    if (catches) return;
  }
}

/** Waits until the one state in `directory` has so many verdicts; false if the process ended before. */
async function untilVerdicts(process: Process, directory: string, count: number): Promise<boolean> {
  while (process.running()) {
    const [state] = await Array.fromAsync(Deno.readDir(directory)).catch(() => []);
    const path = join(directory, state?.name ?? "", "verdicts.jsonl");
    const log = await Deno.readTextFile(path).catch(() => "");
    if (log.split("\n").length - 2 >= count) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}

function withoutTimes(json: string): string {
  return json.replaceAll(/"seconds": [\d.e-]+/g, '"seconds": 0');
}
