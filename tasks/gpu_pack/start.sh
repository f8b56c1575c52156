#!/bin/sh
# Unpacks Deno into a folder of its own and checks the GPU: start.sh --minutes 13 --out DIR [--data-dir DIR] ...
# Needs a GPU's driver, xz or Python, and nothing else: no network, no HOME, nothing is installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if command -v xz >/dev/null 2>&1; then
  xz -dc "$here/deno.xz" >"$work/deno"
else
  python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' \
    "$here/deno.xz" >"$work/deno"
fi
chmod +x "$work/deno"

# What is set comes first, then where some machines keep NVIDIA's driver, then what was brought along.
libraries=${LD_LIBRARY_PATH:-}
for folder in /usr/local/nvidia/lib64 "$here/lib"; do
  if [ -d "$folder" ]; then libraries=${libraries:+$libraries:}$folder; fi
done
export LD_LIBRARY_PATH="$libraries"

# Vulkan's loader looks for drivers below these folders by itself.
known=$(ls /etc/vulkan/icd.d /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d 2>/dev/null | grep nvidia || true)
elsewhere=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "${VK_DRIVER_FILES:-}" ] && [ -z "$known" ]; then
  if [ -e "$elsewhere" ]; then
    export VK_DRIVER_FILES="$elsewhere"
  elif ldconfig -p 2>/dev/null | grep -q libGLX_nvidia.so.0; then # a container that was given the libraries alone
    printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' \
      libGLX_nvidia.so.0 >"$work/nvidia_icd.json"
    export VK_DRIVER_FILES="$work/nvidia_icd.json"
  fi
fi
echo "Vulkan's drivers: ${VK_DRIVER_FILES:-${known:-where its loader finds them}}"

export DENO_DIR="$work/cache" DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
"$work/deno" run -q --allow-all --unstable-kv --no-config "$here/tasks/gpu_check.js" "$@" &
trap 'kill "$!"' INT TERM
wait "$!" && status=0 || status=$?
exit "$status"
