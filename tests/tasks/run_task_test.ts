import assert from "node:assert/strict";
import { assertRefused, ROOT } from "../cli/memloss.ts";
import { type Ended, startDeno } from "../testing/program.ts";

/** The scripts that read flags, by the set of permissions that they have. */
const SCRIPTS = {
  demo: "train",
  gpu_check: "gpu-check",
  gpu_pack: "gpu-pack",
  bench_vs_pytorch: "bench",
  bench_apgd: "bench",
  bench_convolutions: "bench",
  parity: "default",
} as const;

function run(script: keyof typeof SCRIPTS, ...args: string[]): Promise<Ended> {
  const rights = ["--no-prompt", `-P=${SCRIPTS[script]}`, "--no-check"];
  return startDeno(["run", ...rights, `tasks/${script}.ts`, ...args], ROOT).ended;
}

for (const script of Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]) {
  Deno.test(`tasks/${script}.ts shows its flags for -h, whatever else is asked for`, async () => {
    const { code, stdout, stderr } = await run(script, "--out", "/nowhere/out", "-h");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Usage: deno (task|run) .+ \[flags\]$/m);
    assert.match(stdout, /^ {2}--help +show this help$/m);
    assert.equal(/^ {2}--quiet /m.test(stdout), script === "demo");
  });
}

Deno.test("a task refuses --quiet where it would say as much", async () => {
  const outcome = await run("gpu_pack", "--quiet", "--out", "/nowhere/out");
  assertRefused(outcome, 2, /--quiet has no meaning for deno task gpu-pack/);
});
