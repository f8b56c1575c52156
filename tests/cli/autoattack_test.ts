import assert from "node:assert/strict";
import { join } from "@std/path";
import type { EvaluationReport } from "../../src/cli/eval_report.ts";
import { decodeSafetensors } from "../../src/format/safetensors.ts";
import { finish, inRunFolder, startRun } from "../repro/support.ts";
import { runProgram } from "../testing/program.ts";

Deno.test("memloss eval --attack autoattack reports, saves its images and keeps no state", () =>
  inRunFolder(async (runDir) => {
    await using training = startRun(runDir, "--variant=standard", "--epochs=1", "--limit-train=64");
    await finish(training);
    const file = `${runDir}.safetensors`;
    const { code, stdout, stderr } = await runProgram([
      "eval",
      runDir,
      "--attack=clean,autoattack",
      "--attack-version=custom",
      "--attacks-to-run=apgd-ce,apgd-t",
      "--n-ex=32",
      "--json",
      `--save-adv=${file}`,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^initial accuracy: \d+\.\d\d%$/m);
    assert.match(stderr, /^robust accuracy after APGD-T: \d+\.\d\d% \(total time \d+\.\d s\)$/m);
    const report: EvaluationReport = JSON.parse(stdout);
    const { autoattack, clean, attack, checkpoint } = report;
    assert.equal(attack.fraction, "8/255");
    assert.match(checkpoint.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual(Object.keys(autoattack!.perAttack), ["apgd-ce", "apgd-t"]);
    assert.deepEqual(autoattack!.clean, clean);
    assert.equal(autoattack!.n, 32);
    assert.ok(autoattack!.correct <= clean!.correct);
    const kept = [...Deno.readDirSync(join(runDir, "eval"))].map(({ name }) => name);
    assert.equal(kept.length, 1);
    assert.match(kept[0]!, /clean-autoattack-custom\.n32\.eps8\.00\.seed\d+\.wasm\.json$/);
    const { tensors, metadata } = decodeSafetensors(Deno.readFileSync(file), file);
    assert.deepEqual(tensors.get("x_adv")!.shape, [32, 3, 32, 32]);
    assert.equal(metadata.epsilon, "8/255");
    assert.equal(metadata.checkpoint, checkpoint.sha256);
  }));
