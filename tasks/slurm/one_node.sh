#!/bin/bash
# Starts a SLURM of one node on this machine, makes a small table with it, and gets in its way: a job of a higher
# priority, and a node that dies. Then it holds the cells against those of `memloss reproduce` in one process.
#
# As root, on Debian with slurm-wlm and munge: tasks/slurm/one_node.sh FOLDER [SECONDS]
# FOLDER must be absent; SECONDS is the longest to wait for anything. It is no part of the tests: CI has no SLURM.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir "$1"
work=$(cd "$1" && pwd)
patience=${2:-600}
host=$(hostname -s)
export SLURM_CONF=$work/slurm.conf
export NO_COLOR=1
memloss=(deno run -q --frozen --config "$root/deno.json" -P=memloss "$root/src/main.ts")

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*"; }

# What was started here is ended here, by its number.
finish() {
  [ ! -e "$work/slurmctld.pid" ] || kill "$(cat "$work/slurmctld.pid")" || true
  [ ! -e "$work/slurmd.pid" ] || kill "$(cat "$work/slurmd.pid")" || true
  [ -z "${munged:-}" ] || kill "$munged" || true
}
trap finish EXIT

# Waits until a command succeeds.
until_true() {
  local end=$((SECONDS + patience))
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { say "gave up waiting for: $*"; squeue; exit 1; }
    sleep 0.5
  done
}

cat > "$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MailProg=/bin/true
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_interval=2,bf_interval=2
KillWait=30
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 GraceTime=30
PartitionName=high Nodes=ALL PriorityTier=10 PreemptMode=OFF
CONF
mkdir -p "$work/state" "$work/spool" /run/munge
chown munge: /run/munge
runuser -u munge -- munged --foreground > "$work/munged.log" 2>&1 &
munged=$!
until_true munge -n
slurmctld
until_true scontrol ping
slurmd
idle() { [ "$(sinfo -h -o %T)" = idle ]; }
until_true idle
say "$(sinfo --version): one node, 2 processors"

cat > "$work/table.json" <<TABLE
{"format": 1, "name": "small", "title": "Small", "scales": {}, "claims": [],
 "recipe": {"data": "synthetic", "width": 4, "epochs": 16, "batch-size": 8, "limit-train": 256,
            "limit-test": 24, "select": "none"},
 "columns": [{"name": "clean", "label": "clean"}, {"name": "autoattack", "label": "AutoAttack"}],
 "rows": [{"name": "plain", "label": "standard", "recipe": {"variant": "standard"}},
          {"name": "hat", "label": "HAT", "recipe": {"variant": "hat", "helper": "plain"}},
          {"name": "v1", "label": "MemLoss V1", "recipe": {"variant": "v1"}}]}
TABLE
flags=(--table "$work/table.json" --seeds 1 --n-ex 24 --backend wasm --workers 1)
"${memloss[@]}" reproduce "${flags[@]}" --out "$work/out" --plan slurm --shards 3 --partition low --time 20
say "submitting"
"$work/out/slurm/submit.sh"
squeue --format '%.8i %.10P %.12T %.9r %E'

steps() { wc -l 2> /dev/null < "$work/out/runs/v1-seed1/metrics.jsonl" || echo 0; }
trains() { [ "$(steps)" -gt "$1" ]; }
# The task of the first array that trains v1-seed1, and its own number.
task=1_3
number() { scontrol show job "$task" | sed -n 's/^JobId=\([0-9]*\).*/\1/p'; }
state() { scontrol show job "$task" | grep -o 'JobState=[A-Z]* Reason=[A-Za-z]*'; }

until_true trains 5
say "PREEMPTION: job $task trains v1-seed1 and has logged $(steps) lines; a job of partition high takes the node"
urgent=$(sbatch --parsable --partition=high --exclusive --output=/dev/null --wrap 'sleep 5')
requeued() { scontrol show job "$task" | grep -q 'Restarts=1 '; }
until_true requeued
say "job $task was requeued: $(state)"
done_urgent() { ! squeue -h -j "$urgent" 2> /dev/null | grep -q .; }
until_true done_urgent
before=$(steps)
say "the job of partition high is over; v1-seed1 stands at $before lines"
until_true trains $((before + 5))
say "job $task trains on, at $(steps) lines"

say "NODE FAILURE: slurmd, and what job $task runs, are killed; the node is marked down"
pids=$(scontrol listpids "$(number)" | awk 'NR > 1 && $1 > 1 { print $1 }')
kill -9 "$(cat "$work/slurmd.pid")" $pids || true
rm -f "$work/slurmd.pid"
scontrol update NodeName="$host" State=DOWN Reason=died
again() { scontrol show job "$task" | grep -q 'Restarts=2 '; }
until_true again
say "job $task was requeued: $(state)"
slurmd
scontrol update NodeName="$host" State=RESUME
say "the node is back: $(sinfo -h -o %T)"

empty() { ! squeue -h | grep -q .; }
until_true empty
say "the queue is empty; submitting again, since SLURM cancels what waits for a job that ends while it is preempted"
"$work/out/slurm/submit.sh"
until_true empty
say "the queue is empty"
cat "$work"/out/slurm/logs/*.log > "$work/jobs.log"
grep -E '^(Stopping|Stopped|Continuing|Training)|requeue|CANCELLED|NODE FAIL' "$work/jobs.log" || true
sed -n '1,10p' "$work/out/table.md"

"${memloss[@]}" reproduce --quiet "${flags[@]}" --out "$work/alone" > /dev/null
for cell in "$work"/alone/cells/*.json; do
  timeless() { python3 -c 'import json, sys; cell = json.load(open(sys.argv[1])); cell.pop("times"); print(json.dumps(cell))' "$1"; }
  cmp <(timeless "$cell") <(timeless "$work/out/cells/$(basename "$cell")")
  say "$(basename "$cell"): as one process makes it, but for times"
done
