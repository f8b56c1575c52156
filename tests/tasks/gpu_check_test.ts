import assert from "node:assert/strict";
import { join } from "@std/path";
import { assertRefused, ROOT } from "../cli/memloss.ts";
import { withDirectory } from "../data/made_cifar10.ts";
import { writeSummary } from "../../tasks/gpu_check/summary.ts";
import { type Ended, startDeno } from "../testing/program.ts";

/** Runs the task in the repository's folder, on a machine without a GPU. */
function gpuCheck(...args: string[]): Promise<Ended> {
  const rights = ["--no-prompt", "-P=gpu-check", "--no-check"];
  const env = { DENO_WEBGPU_BACKEND: "none" };
  return startDeno(["run", ...rights, "tasks/gpu_check.ts", ...args], ROOT, env).ended;
}

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));

/** Whether there is a process `pid` that has not ended. */
async function runs(pid: string): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  return status !== undefined && !/\) [ZX] /.test(status);
}

Deno.test("gpu-check keeps what was found by a stage that overran, and goes on behind it and one that fails", async () => {
  await withDirectory(async (folder) => {
    // Its PyTorch is asked for after the GPU's name, and never answers.
    const python = join(folder, "python"), pid = join(folder, "pid");
    await Deno.writeTextFile(python, `#!/bin/sh\necho $$ >${pid}\nexec sleep 600\n`, {
      mode: 0o755,
    });
    const out = join(folder, "out");
    const { code, stdout, stderr } = await gpuCheck(
      ...["--rehearse", "--out", out, "--python", python, "--data-dir", join(folder, "nowhere")],
      ...["--stages", "doctor,parity,train,host", "--minutes", "1"],
    );
    assert.match(stderr, /^error: 1 stages failed\.$/m);
    assert.equal(code, 1, stdout);

    const { stages } = await readJson(join(out, "summary.json"));
    const ended = Object.entries<{ ended: string }>(stages).map((
      [name, { ended }],
    ) => [name, ended]);
    assert.deepEqual(Object.fromEntries(ended), {
      doctor: "stopped",
      parity: "missing",
      train: "failed",
      host: "done",
    });
    assert.ok(stages.doctor.seconds < stages.doctor.limit + 5, "it ends at its bound");
    assert.match(await readJson(join(out, "doctor.json")).then(({ nvidiaSmi }) => nvidiaSmi), /./);
    assert.equal(
      await runs((await Deno.readTextFile(pid)).trim()),
      false,
      "what it started as well",
    );
    const parity = await readJson(join(out, "parity.json"));
    assert.match(parity.missing, /^There is no WebGPU adapter: /);
    assert.match((await readJson(join(out, "train.json"))).error, /nowhere/);
    const { host, finished } = await readJson(join(out, "host.json"));
    assert.ok(finished && host.milliseconds.median > 0);

    const page = await Deno.readTextFile(join(out, "summary.md"));
    assert.match(page, /\| What the machine has \| stopped \|.*its time was over/);
    assert.match(page, /\| Training V1 \| failed \|.*nowhere/);
    assert.match(page, /## The host alone\n\n\d+\.\d ms a step/);
    assert.doesNotMatch(page, /undefined|NaN|null/);
    assert.match(stdout, /^\[host\] .* images\/s$/m, "lines are printed as they come");
  });
});

Deno.test("writeSummary() shows what else was found when a GPU gave no numbers", async () => {
  await withDirectory(async (out) => {
    const outcome = {
      ended: "failed",
      seconds: 1,
      limit: 2,
      began: new Date().toISOString(),
    } as const;
    const write = (stage: string, found: unknown) =>
      Deno.writeTextFile(join(out, `${stage}.json`), JSON.stringify(found));
    await write("parity", { worst: { loss: { tensor: "loss", error: NaN } } });
    await write("host", { host: { milliseconds: { median: NaN } } });
    await write("replay", { replayed: { loss: "a" }, different: [], unsteady: [] });
    const outcomes = ["parity", "host", "replay"].map((stage) => ({ stage, ...outcome }));
    await writeSummary({ out, rehearse: false, python: "python3" }, outcomes);
    const page = await Deno.readTextFile(join(out, "summary.md"));
    assert.match(page, /^- largest relative error that is no number, loss$/m);
    assert.match(page, /^host\.json has what cannot be shown here: /m);
    assert.match(page, /^1 tensors; different dispatch by dispatch: 0; /m);
    assert.ok((await readJson(join(out, "summary.json"))).stages.host.findings.host);
  });
});

Deno.test("gpu-check refuses a folder that is there, stages that are not, and no folder", async () => {
  assertRefused(await gpuCheck("--out", ROOT), 2, /^error: --out must name a new folder: /m);
  const unknown = await gpuCheck("--out", "/tmp/x", "--stages", "doctor,docter");
  assertRefused(unknown, 2, /^error: --stages names "docter": there are doctor, variants, /m);
  assertRefused(await gpuCheck(), 2, /^error: --out DIR says where to write/m);
});
