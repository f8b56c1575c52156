/**
 * A table as jobs of SLURM: `submit.sh` submits arrays of `job.sh` with a task for each cell.
 *
 * @module
 */
import { join } from "@std/path";
import type { CellPlan } from "../plan.ts";
import { needsOf, type ScriptOptions, shellWords } from "./script.ts";

/** Seconds before a job's end at which it is told to save. */
const NOTICE = 120;

/** The folder of the scripts and of the jobs' logs. */
export function slurmFolder(out: string): string {
  return join(out, "slurm");
}

/** The scripts by their paths. */
export function slurmScripts(options: ScriptOptions): Record<string, string> {
  const folder = slurmFolder(options.out);
  return {
    [join(folder, "job.sh")]: jobScript(options),
    [join(folder, "submit.sh")]: submitScript(options),
  };
}

function jobScript({ folder, command, cells, seeds }: ScriptOptions): string {
  return `#!/bin/bash
# One step of a table: job.sh train|I/N|cell for the cell of this task of an array, or job.sh table.
# submit.sh submits it. What is done already takes seconds.
set -u
cd ${shellWords([folder])} || exit 1 # where it was planned: a table's relative paths are from there
program=(${shellWords(command)})
cells=(
  '' # tasks are counted from 1
${cells.map(({ row, seed }) => `  ${shellWords([`--only ${row} --seeds ${seed}`])}`).join("\n")}
)
step=$1
if [ "$step" = table ]; then
  exec "\${program[@]}" --seeds ${seeds} --step table
fi
read -ra cell <<< "\${cells[$SLURM_ARRAY_TASK_ID]}"

# SIGUSR1 comes ${NOTICE} s before the time limit, SIGTERM with a preemption: the program saves at the next step.
# SIGUSR1 would open Deno's debugger too.
child= told=0
stop() { told=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null; }
trap stop USR1 TERM
"\${program[@]}" "\${cell[@]}" --step "$step" &
child=$!
[ "$told" = 0 ] || stop
while told=0; wait "$child"; code=$?; [ "$told" = 1 ]; do :; done
if [ "$code" = 130 ] && ! scontrol show job "$SLURM_JOB_ID" | grep -q JobState=CANCELLED; then
  scontrol requeue "$SLURM_JOB_ID" || true # it goes on from what was saved; a preempted one is in the queue already
fi
exit "$code"
`;
}

function submitScript(options: ScriptOptions): string {
  const { name, cells, shards, partition, gpus, time } = options;
  const everywhere = partition === undefined ? [] : [`--partition=${partition}`];
  const device = [
    ...gpus === undefined ? [] : [`--gpus=${gpus}`],
    ...time === undefined ? [] : [`--time=${time}`],
  ];
  return `#!/bin/bash
# Submits a table of ${cells.length} cells: submit.sh [SBATCH OPTIONS]. Submitted again, it goes on where it was stopped.
set -euo pipefail
cd "$(dirname "\${BASH_SOURCE[0]}")"
mkdir -p logs
if [ -n "$(squeue --noheader --me --name=${name})" ]; then
  echo '${name} is in the queue already: wait for it, or scancel --name=${name}.' >&2
  exit 2
fi
extra=("$@")
submit() {
  sbatch --parsable --job-name=${name} --output=logs/%x-%A_%a.log --open-mode=append \\
    --requeue --signal=B:USR1@${NOTICE} --kill-on-invalid-dep=yes ${
    words(everywhere)
  }"\${extra[@]}" "$@"
}
device=(${shellWords(device)})

${submissions(cells, shards).join("\n")}
`;
}

/** The lines that submit arrays: of the cells that need no other first, and of each other one. */
function submissions(cells: readonly CellPlan[], shards: number): string[] {
  const lines: string[] = [], ends: string[] = [];
  /** By the cell's name, the task that trains its run. */
  const trained = new Map<string, string>();
  for (const group of inOrder(cells)) {
    const id = ends.length + 1, tasks = group.map((plan) => cells.indexOf(plan) + 1);
    const array = `"\${device[@]}" --array=${tasks.join(",")}`;
    const needs = group.flatMap((plan) => needsOf(plan, cells))
      .map(({ name }) => trained.get(name)!);
    const after = needs.length > 0 ? ` --dependency=afterok:${needs.join(":")}` : "";
    lines.push(`# ${group.map(({ name }) => name).join(" ")}`);
    lines.push(`train${id}=$(submit ${array}${after} job.sh train)`);
    group.forEach(({ name }, i) => trained.set(name, `\${train${id}}_${tasks[i]}`));
    let last = [`aftercorr:$train${id}`];
    if (shards > 1) {
      const parts = Array.from({ length: shards }, (_, i) => i + 1);
      for (const part of parts) {
        lines.push(
          `part${id}_${part}=$(submit ${array} --dependency=${last} job.sh ${part}/${shards})`,
        );
      }
      last = parts.map((part) => `aftercorr:$part${id}_${part}`);
    }
    lines.push(`cell${id}=$(submit ${array} --dependency=${last.join(",")} job.sh cell)`);
    ends.push(`$cell${id}`);
  }
  lines.push(`submit --time=10 --dependency=afterany:${ends.join(":")} job.sh table`);
  return lines;
}

/** The cells that need none of the others, in one group; each other cell in one of its own, after those it needs. */
function inOrder(cells: readonly CellPlan[]): CellPlan[][] {
  const free = cells.filter((plan) => needsOf(plan, cells).length === 0);
  const groups = [free], placed = new Set(free);
  while (placed.size < cells.length) {
    for (const plan of cells) {
      if (placed.has(plan) || !needsOf(plan, cells).every((need) => placed.has(need))) continue;
      groups.push([plan]);
      placed.add(plan);
    }
  }
  return groups;
}

function words(all: readonly string[]): string {
  return all.map((word) => `${shellWords([word])} `).join("");
}
