#!/bin/bash
# A run whose memory's index a real denokv keeps: run and service are both killed on the way, and the run's bytes are
# held against those of a run with its index in its folder. Then four processes read one memory at once.
#
# tasks/denokv/one_service.sh DENOKV FOLDER    (DENOKV: cargo install --locked denokv --version 0.14.0)
# FOLDER must be absent. It is no part of the tests: CI has no denokv, and a stand-in for it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
denokv=$1
mkdir "$2"
work=$(cd "$2" && pwd)
port=4587
export NO_COLOR=1 DENO_KV_ACCESS_TOKEN=abcdefghijklmnop
memloss=(deno run -q --frozen --config "$root/deno.json" -P=memloss --allow-net=127.0.0.1:$port
  --allow-env=DENO_KV_ACCESS_TOKEN "$root/src/main.ts")
index=(--memory-index "http://127.0.0.1:$port")
recipe=(--variant v1 --data synthetic --width 4 --epochs 6 --batch-size 8 --limit-train 256 --limit-test 24
  --select none --backend wasm --workers 1 --checkpoint-every 10)

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*"; }
serve() {
  "$denokv" --sqlite-path "$work/index.sqlite" serve --addr "127.0.0.1:$port" --access-token "$DENO_KV_ACCESS_TOKEN" \
    >> "$work/denokv.log" 2>&1 &
  service=$!
  until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do sleep 0.1; done
}
trap 'kill "$service"' EXIT
lines() { wc -l 2> /dev/null < "$work/served/metrics.jsonl" || echo 0; }
wait_for() { until [ "$(lines)" -gt "$1" ]; do sleep 0.05; done; }

"${memloss[@]}" train "${recipe[@]}" --run-dir "$work/alone" --quiet
say "alone: trained, the index in the run folder"

serve
"${memloss[@]}" train "${recipe[@]}" --run-dir "$work/served" "${index[@]}" --quiet & run=$!
wait_for 45
kill -9 $run && wait $run || say "killed the run (exit code $?) at $(lines) lines of metrics"

"${memloss[@]}" train --run-dir "$work/served" --resume "${index[@]}" --quiet & run=$!
wait_for 90
kill -9 $service && wait $service || say "killed the service (exit code $?) at $(lines) lines"
wait $run || say "the run ended with $?"
serve
"${memloss[@]}" memory verify "$work/served" "${index[@]}" | tail -1
"${memloss[@]}" train --run-dir "$work/served" --resume "${index[@]}" --quiet
say "continued to the end: $(lines) lines"

chunks() { (cd "$1" && find . -name '*.safetensors' -o -name 'chunk-*.bin' | sort | xargs sha256sum); }
metrics() { sed -E 's/"(imagesPerSecond|seconds)":[^,}]*//g' "$1/metrics.jsonl"; }
cmp <(chunks "$work/alone") <(chunks "$work/served")
say "checkpoints and chunks ($(chunks "$work/served" | wc -l) files): the same bytes"
cmp <(metrics "$work/alone") <(metrics "$work/served")
say "metrics: the same but for times"

for reader in 1 2 3 4; do
  cp -r "$work/served" "$work/machine$reader"
  "${memloss[@]}" memory export "$work/machine$reader" "${index[@]}" --out "$work/$reader.safetensors" > /dev/null &
  readers+=($!)
done
for reader in "${readers[@]}"; do wait "$reader"; done
for reader in 2 3 4; do cmp "$work/1.safetensors" "$work/$reader.safetensors"; done
say "four processes exported one memory at once: the same bytes"
