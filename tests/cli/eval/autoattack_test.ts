import assert from "node:assert/strict";
import { join } from "@std/path";
import type { EvaluationReport } from "../../../src/evaluate/report.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/format/safetensors.ts";
import { finish, inRunFolder, startRun } from "../../repro/support.ts";
import { runProgram } from "../../testing/program.ts";

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
      "--attacks-to-run=apgd-t,apgd-ce",
      "--n-ex=12",
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
    assert.deepEqual(Object.keys(autoattack!.perAttack), ["apgd-t", "apgd-ce"]);
    assert.ok(autoattack!.perAttack["apgd-t"]!.broken > 0, "no image was there to break");
    const { verdicts: _, confusion: __, ...counts } = clean!;
    assert.deepEqual(autoattack!.clean, counts);
    assert.equal(autoattack!.n, 12);
    assert.ok(autoattack!.correct <= clean!.correct);
    const kept = [...Deno.readDirSync(join(runDir, "eval"))].map(({ name }) => name);
    assert.equal(kept.length, 1);
    assert.match(kept[0]!, /clean-autoattack-apgd-t\+apgd-ce\.n12\.eps8\.00\.seed\d+\.wasm\.json$/);
    const { tensors, metadata } = decodeSafetensors(Deno.readFileSync(file), file);
    assert.deepEqual(tensors.get("x_adv")!.shape, [12, 3, 32, 32]);
    assert.equal(metadata.epsilon, "8/255");
    assert.equal(metadata.checkpoint, checkpoint.sha256);

    const check = (...flags: string[]) =>
      runProgram(["eval", runDir, `--verify-adv=${file}`, "--json", ...flags]);
    const { verified, data }: EvaluationReport = JSON.parse((await check()).stdout);
    assert.equal(data.n, 12, "the images of the file, not all of the test set");
    assert.equal(verified!.withinBounds, true);
    assert.equal(verified!.correct, autoattack!.correct);
    assert.deepEqual(verified!.perturbation, autoattack!.perturbation);
    const images = tensors.get("x_adv")!.data as Float32Array;
    images[5] = images[5]! > 0.5 ? images[5]! - 0.04 : images[5]! + 0.04; // ten steps of a byte
    Deno.writeFileSync(file, encodeSafetensors(tensors, metadata));
    const far = await check();
    assert.equal(far.code, 1);
    assert.match(far.stderr, /leave their bounds/);
    assert.equal((await check("--attack-eps=16/255")).code, 0);
    await Deno.writeFile(file, Deno.readFileSync(file).subarray(0, -4));
    const cut = await check();
    assert.equal(cut.code, 2);
    assert.match(cut.stderr, /is not a usable safetensors file/);
  }));
