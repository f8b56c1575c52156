import assert from "node:assert/strict";
import { join } from "@std/path";
import { type Process, runProgram, startProgram } from "../testing/program.ts";
import { finish, inRunFolder, startRun } from "./support.ts";

Deno.test("memloss eval --attack autoattack stopped by Ctrl-C and killed ends with the same report, but for the times", () =>
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

    let stops = 0;
    for (let verdicts = 2;; verdicts += 5) {
      await using evaluation = startProgram(args("stopped"));
      if (!await untilVerdicts(evaluation, `${state}-stopped`, verdicts)) {
        const { code, stdout, stderr } = await evaluation.ended;
        assert.equal(code, 0, stderr);
        assert.equal(withoutTimes(stdout), withoutTimes(whole.stdout));
        break;
      }
      if (++stops > 1) {
        evaluation.kill("SIGKILL");
        await evaluation.ended;
        continue;
      }
      evaluation.kill("SIGINT");
      const { code, stdout, stderr } = await evaluation.ended;
      assert.equal(code, 130, stderr);
      // No step of training is waited for here, nor where kernels are timed or data downloaded.
      assert.match(stderr, /^Stopping at the next safe place\.$/m);
      assert.match(
        stderr,
        /^Stopped during AutoAttack: the same command continues where it stopped\.$/m,
      );
      assert.equal(stdout, "");
      const reports = await Array.fromAsync(Deno.readDir(join(runDir, "eval")));
      assert.equal(reports.length, 1, "the whole one's");
    }
    assert.ok(stops >= 3, `${stops} stops`);
    const images = (name: string) => Deno.readFile(`${runDir}.${name}.safetensors`);
    assert.deepEqual(await images("stopped"), await images("whole"));
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${state}-stopped`)), []);
  }));

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
