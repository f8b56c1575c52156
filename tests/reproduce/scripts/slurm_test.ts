import assert from "node:assert/strict";
import { join } from "@std/path";
import { planCells } from "../../../src/reproduce/plan.ts";
import { type ScriptOptions, writeScripts } from "../../../src/reproduce/scripts/script.ts";
import { slurmFolder, slurmScripts } from "../../../src/reproduce/scripts/slurm.ts";
import type { TableFile } from "../../../src/reproduce/table_file.ts";
import { inTemporary } from "../../memory/support.ts";
import { madeTable } from "../made_table.ts";

const ROWS = [
  { name: "v1", label: "V1", recipe: { variant: "v1" } },
  { name: "hat", label: "HAT", recipe: { variant: "hat", helper: "plain" } },
  { name: "plain", label: "Plain", recipe: { variant: "standard" } },
];

/** What plays SLURM's commands: each says in `$CALLS` how it was called. */
const FAKES: Readonly<Record<string, string>> = {
  sbatch: 'echo "$(wc -l < "$CALLS")" && echo "sbatch $*" >> "$CALLS"',
  squeue: '[ ! -e "$QUEUED" ] || echo 17',
  scontrol: 'echo "scontrol $*" >> "$CALLS"; echo "JobState=$STATE"',
};

/** Writes the scripts for `command`, and returns what runs one of them beside a made SLURM. */
async function withSlurm(
  directory: string,
  command: readonly string[],
  more: Partial<ScriptOptions>,
) {
  const table = madeTable({ rows: ROWS, claims: [] }) as TableFile;
  const cells = planCells(table, { scale: "tiny", seeds: [3] });
  const out = join(directory, "out"),
    bin = join(directory, "bin"),
    calls = join(directory, "calls");
  const options = {
    name: "made",
    out,
    folder: directory,
    command,
    seeds: "3",
    cells,
    shards: 1,
    ...more,
  };
  const write = () => writeScripts(slurmScripts(options), 0o755);
  await write();
  await Deno.mkdir(bin, { recursive: true });
  for (const [name, text] of Object.entries(FAKES)) {
    await Deno.writeTextFile(join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  }
  await Deno.writeTextFile(calls, "");
  const start = (script: string, args: string[], env: Record<string, string> = {}) =>
    new Deno.Command(join(slurmFolder(out), script), {
      args,
      env: { CALLS: calls, PATH: `${bin}:/usr/bin:/bin`, ...env },
      clearEnv: true,
      stderr: "piped",
    }).spawn();
  const called = async () => (await Deno.readTextFile(calls)).trimEnd().split("\n");
  return { out, write, start, called };
}

Deno.test("slurmScripts() submit every cell, each step after the one before, and a cell after its helper's run", () =>
  inTemporary(async (directory) => {
    const more = { shards: 2, partition: "gpu", gpus: "1", time: "8:00:00" };
    const slurm = await withSlurm(directory, ["true"], more);
    const { code } = await slurm.start("submit.sh", ["--account=mine"]).status;
    assert.equal(code, 0);
    const common =
      "sbatch --parsable --job-name=made --output=logs/%x-%A_%a.log --open-mode=append " +
      "--requeue --signal=B:USR1@120 --kill-on-invalid-dep=yes --partition=gpu --account=mine ";
    const calls = await slurm.called();
    assert.ok(calls.every((call) => call.startsWith(common)), calls.join("\n"));
    const device = "--gpus=1 --time=8:00:00 ";
    // The made sbatch counts from 0.
    assert.deepEqual(calls.map((call) => call.slice(common.length)), [
      `${device}--array=1,3 job.sh train`,
      `${device}--array=1,3 --dependency=aftercorr:0 job.sh 1/2`,
      `${device}--array=1,3 --dependency=aftercorr:0 job.sh 2/2`,
      `${device}--array=1,3 --dependency=aftercorr:1,aftercorr:2 job.sh cell`,
      `${device}--array=2 --dependency=afterok:0_3 job.sh train`,
      `${device}--array=2 --dependency=aftercorr:4 job.sh 1/2`,
      `${device}--array=2 --dependency=aftercorr:4 job.sh 2/2`,
      `${device}--array=2 --dependency=aftercorr:5,aftercorr:6 job.sh cell`,
      "--time=10 --dependency=afterany:3:7 job.sh table",
    ]);
    const queued = slurm.start("submit.sh", [], { QUEUED: directory });
    assert.match(new TextDecoder().decode((await queued.output()).stderr), /^made is in the queue/);
    assert.equal((await slurm.called()).length, calls.length);
  }));

Deno.test("slurmScripts() stop the program on SIGTERM and SIGUSR1, and requeue unless the job was cancelled", () =>
  inTemporary(async (directory) => {
    // Plays the program: saves when it is told to, says what it was called with, and ends with 130.
    const program = join(directory, "program");
    const text = '#!/bin/bash\ntrap \'echo "saved $* in $PWD" >> "$CALLS"; exit 130\' TERM\n' +
      'echo ready >> "$CALLS"\nfor _ in {1..200}; do sleep 0.05; done\n';
    await Deno.writeTextFile(program, text, { mode: 0o755 });
    const slurm = await withSlurm(directory, [program, "reproduce"], {});
    let before = 0;
    for (
      const [signal, state, requeued] of [
        ["SIGUSR1", "RUNNING", true],
        ["SIGTERM", "RUNNING", true],
        ["SIGTERM", "CANCELLED", false],
      ] as const
    ) {
      const env = { SLURM_ARRAY_TASK_ID: "2", SLURM_JOB_ID: "41", STATE: state };
      const job = slurm.start("job.sh", ["train"], env);
      while ((await slurm.called()).at(-1) !== "ready") await new Promise((r) => setTimeout(r, 10));
      job.kill(signal);
      assert.equal((await job.output()).code, 130);
      const [, saved, ...asked] = (await slurm.called()).slice(before);
      const words = "reproduce --only hat --seeds 3 --step train";
      assert.equal(saved, `saved ${words} in ${directory}`, "where a table's paths are from");
      assert.deepEqual(asked, [
        "scontrol show job 41",
        ...requeued ? ["scontrol requeue 41"] : [],
      ]);
      before = (await slurm.called()).length;
    }
  }));

Deno.test("writeScripts() writes the same bytes again, and refuses to lose what somebody has changed", () =>
  inTemporary(async (directory) => {
    const slurm = await withSlurm(directory, ["true"], {});
    const path = join(slurmFolder(slurm.out), "job.sh"), text = await Deno.readTextFile(path);
    await slurm.write();
    assert.equal(await Deno.readTextFile(path), text);
    await Deno.writeTextFile(path, text.replace("set -u", "set -u; module load deno"));
    await assert.rejects(slurm.write(), {
      name: "UsageError",
      message: /job\.sh is there already/,
    });
  }));
